import { Type } from '@nestjs/common';

/** How an event class travels. */
export interface LiveEventOptions {
  /**
   * Whether the event has a place in the ordered log, and a client that resumes gets it. `false`: for what is worth
   * nothing a moment later.
   *
   * @default true
   */
  readonly durable?: boolean;
}

/** What {@link LiveEvent} says about a class. */
export interface LiveEventMetadata {
  readonly name: string;
  readonly durable: boolean;
}

const METADATA = new WeakMap<object, LiveEventMetadata>();

/**
 * Makes a class an event that {@link LiveEventsService.emit} takes, once it is listed in the option `events`. The
 * fields on the wire are those with a class-validator decorator, in the order of their declaration, after
 * `message_type`, which is the name.
 *
 * @param name the `message_type`: capitals, digits and `_`
 */
export function LiveEvent(name: string, options: LiveEventOptions = {}): ClassDecorator {
  return (target) => {
    METADATA.set(target, { name, durable: options.durable ?? true });
  };
}

/** What the decorator said about this very class (nothing is inherited). */
export function liveEventMetadata(target: Type | object): LiveEventMetadata | undefined {
  return METADATA.get(target);
}
