import { Type } from '@nestjs/common';
import { ValidationTypes, getMetadataStorage } from 'class-validator';
import { InvalidOptionsError } from '../live-messages.errors';
import { CONTROL_TYPES, MESSAGE_TYPES } from '../protocol/wire';
import { DeleteMessageDto } from './dto/delete-message.dto';
import { EditMessageDto } from './dto/edit-message.dto';
import { MessageDto } from './dto/message.dto';
import { TypingDto } from './dto/typing.dto';
import { UpdateStatusDto } from './dto/update-status.dto';
import { UpdateUsersDto } from './dto/update-users.dto';
import { liveEventMetadata } from './live-event.decorator';

/** An event class that may be emitted, and what is known of it once and for all. */
export interface EventShape {
  readonly type: Type<object>;
  /** The `message_type`. */
  readonly name: string;
  readonly durable: boolean;
  /** The keys on the wire, in their order; `message_type` is among them. */
  readonly fields: readonly string[];
  /** Whether it is one of the six. */
  readonly isBuiltIn: boolean;
  /** The fields that the class sets, whatever a row says. */
  readonly fixed: ReadonlySet<string>;
  /** The fields whose values are objects of a class of their own. */
  readonly nested: readonly string[];
  /** Whether it says itself which topic it is for. */
  readonly hasTopic: boolean;
}

const BUILT_IN = [MessageDto, EditMessageDto, DeleteMessageDto, TypingDto, UpdateStatusDto, UpdateUsersDto];
const RESERVED: ReadonlySet<string> = new Set([...MESSAGE_TYPES, ...CONTROL_TYPES]);
const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/** The event classes that may be emitted: the six of every chat, and the host's own. */
export class EventCatalog {
  private readonly shapes = new Map<unknown, EventShape>();

  /** @throws InvalidOptionsError when a class of the host's is no `@LiveEvent`, or its name or a field is taken */
  constructor(hostEvents: readonly Type<object>[]) {
    for (const type of BUILT_IN) this.add(type, true);
    const problems = hostEvents.flatMap((type) => this.problemsOf(type) ?? this.add(type, false));
    if (problems.length > 0) throw new InvalidOptionsError(problems);
  }

  /** The shape of an event's class, or undefined when it is not in the catalog. */
  shapeOf(event: unknown): EventShape | undefined {
    try {
      return this.shapeOfClass((event as object).constructor);
    } catch {
      return undefined;
    }
  }

  shapeOfClass(type: unknown): EventShape | undefined {
    return this.shapes.get(type);
  }

  private add(type: Type<object>, isBuiltIn: boolean): [] {
    const { name, durable } = liveEventMetadata(type)!;
    const declared = declaredFields(type);
    const others = declared.filter((field) => field !== 'message_type');
    const fields = isBuiltIn ? declared : ['message_type', ...others];
    const hasTopic = declared.includes('recipient_type') && declared.includes('reference_id');
    this.shapes.set(type, {
      type,
      name,
      durable,
      fields,
      isBuiltIn,
      fixed: new Set(isBuiltIn ? ['message_type', 'deleted'] : ['message_type']),
      nested: nestedFields(type),
      hasTopic,
    });
    return [];
  }

  private problemsOf(type: Type<object>): string[] | undefined {
    const metadata = liveEventMetadata(type);
    if (!metadata) return [`events: ${nameOf(type)} must be a class with @LiveEvent('NAME')`];
    const { name } = metadata;
    if (!NAME.test(name))
      return [`events: the name of ${type.name} must match ${NAME.source}, got ${JSON.stringify(name)}`];
    if (RESERVED.has(name)) return [`events: the name ${name} of ${type.name} belongs to the protocol`];
    if ([...this.shapes.values()].some((shape) => shape.name === name))
      return [`events: two classes are named ${name}`];
    if (declaredFields(type).includes('cursor'))
      return [`events: ${type.name} declares "cursor", which belongs to the protocol`];
    return undefined;
  }
}

/** The fields that a class-validator decorator stands on, those of base classes first, in the order of their declaration. */
function declaredFields(type: Type<object>): string[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const lineage: unknown[] = [];
  for (
    let base: unknown = type;
    typeof base === 'function' && base.prototype;
    base = Object.getPrototypeOf(base)
  ) {
    lineage.unshift(base);
  }
  const names = lineage.flatMap((base) =>
    metadata.filter((entry) => entry.target === base).map((entry) => entry.propertyName),
  );
  return [...new Set(names)];
}

function nestedFields(type: Type<object>): string[] {
  return getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .filter((entry) => entry.type === ValidationTypes.NESTED_VALIDATION)
    .map((entry) => entry.propertyName);
}

function nameOf(type: unknown): string {
  return typeof type === 'function' ? type.name : typeof type;
}
