import { Audience } from '../log/audience';

/** How one event is emitted. */
export interface EmitOptions {
  /**
   * Whom it goes to: `toTopic(…)`, `toUsers(…)` or `toEveryone()`, each with `.except(userIds)`.
   *
   * @default the event's own topic; everyone for a refresh
   */
  readonly to?: Audience;
  /** Of a refresh: the user who caused it, whose own connections get it at once. */
  readonly actor?: string;
  /** 1 to 255 characters: emitted again with the same key within a minute, it is the same event. */
  readonly idempotencyKey?: string;
}

/** What `emit` resolves to. */
export interface Emitted {
  /** The place in the ordered log up to which a client that has it has everything, this event included. */
  readonly cursor: string;
}
