import { types } from 'node:util';
import { plainToClassFromExist, plainToInstance } from 'class-transformer';
import { ValidationError, validateSync } from 'class-validator';
import { FieldIssue, InvalidEventError } from '../live-messages.errors';
import { EventShape } from './event-catalog';

/** The bounds of an event's size, in bytes of UTF-8. */
export interface EventLimits {
  readonly contentBytes: number;
  readonly eventBytes: number;
}

/** An event that is fit for the wire. */
export interface EncodedEvent {
  /** The declared fields, validated and in the wire's form. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The same as JSON text, in the order of the shape's fields. */
  readonly json: string;
}

/** Validates events and writes them as JSON, once an emit: what comes after handles text. */
export class EventEncoder {
  constructor(private readonly limits: EventLimits) {}

  /**
   * Takes only the declared fields of a row or an instance, brings them into the wire's form and validates them.
   *
   * @throws InvalidEventError with the path of each field that is wrong
   */
  encode(shape: EventShape, input: unknown): EncodedEvent {
    const instance = this.toInstance(shape, readDeclared(shape, input));
    requireClasses(shape, instance);
    const issues = this.validate(shape, instance);
    if (issues.length > 0) throw new InvalidEventError(shape.name, issues);
    const fields = Object.fromEntries(
      shape.fields.map((field) => [field, field === 'message_type' ? shape.name : instance[field]]),
    );
    return { fields, json: this.toJson(shape, fields) };
  }

  private toInstance(shape: EventShape, declared: Record<string, unknown>): Record<string, unknown> {
    try {
      // Ours set some fields themselves; a host's constructor may want what this event was made of long ago.
      const instance = shape.isBuiltIn
        ? plainToInstance(shape.type, declared)
        : plainToClassFromExist(Object.create(shape.type.prototype as object) as object, declared);
      return instance as Record<string, unknown>;
    } catch {
      throw invalid(shape, '(event)', 'could not be transformed by its class');
    }
  }

  private validate(shape: EventShape, instance: object): FieldIssue[] {
    try {
      const options = {
        whitelist: true,
        forbidUnknownValues: false,
        validationError: { target: false, value: false },
      };
      return validateSync(instance, options).flatMap((error) => issuesOf(error));
    } catch {
      throw invalid(shape, '(event)', 'could not be validated');
    }
  }

  private toJson(shape: EventShape, fields: Readonly<Record<string, unknown>>): string {
    const json = stringify(fields);
    if (json === undefined) throw invalid(shape, pathOfTheUnwritable(fields), UNWRITABLE);
    if (LONE_SURROGATE.test(json)) throw invalid(shape, '(event)', 'must have no lone surrogates');
    if (typeof fields.content === 'string')
      this.checkSize(shape, 'content', fields.content, this.limits.contentBytes);
    this.checkSize(shape, '(event)', json, this.limits.eventBytes);
    return json;
  }

  private checkSize(shape: EventShape, path: string, text: string, maxBytes: number): void {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxBytes) throw invalid(shape, path, `must be at most ${maxBytes} bytes, got ${bytes}`);
  }
}

const UNWRITABLE = 'can not be written as JSON (a cycle, a BigInt, or a getter that throws)';

/** `JSON.stringify` writes a surrogate as an escape only when it stands alone. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

function invalid(shape: EventShape, path: string, message: string): InvalidEventError {
  return new InvalidEventError(shape.name, [{ path, message }]);
}

/** Reads each declared field once: an entity's getters count, an `__proto__` in its data does not. */
function readDeclared(shape: EventShape, input: unknown): Record<string, unknown> {
  if (typeof input !== 'object' || input === null) throw invalid(shape, '(event)', 'must be an object');
  const declared: Record<string, unknown> = {};
  for (const field of shape.fields) {
    if (!shape.fixed.has(field)) declared[field] = snapshot(shape, field, read(shape, field, input));
    else if (!shape.isBuiltIn) declared[field] = shape.name;
  }
  return declared;
}

function read(shape: EventShape, field: string, input: object): unknown {
  try {
    return (input as Record<string, unknown>)[field];
  } catch {
    throw invalid(shape, field, 'could not be read: its getter throws');
  }
}

/**
 * A value as JSON has it, so that nothing behind it can change, throw or be waited for: class-transformer would make
 * a second promise of a promise, whose rejection nobody catches.
 */
function snapshot(shape: EventShape, field: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || types.isDate(value)) return value;
  if (isThenable(value)) throw invalid(shape, field, 'must not be a promise: await it first');
  // No field of the six events is an object: whatever this one is, validation says what was expected.
  if (shape.isBuiltIn) return {};
  const json = stringify(value);
  if (json === undefined) throw invalid(shape, field, UNWRITABLE);
  return JSON.parse(json) as unknown;
}

/** Of an object whose class nobody has named, validation would leave nothing, and say nothing. */
function requireClasses(shape: EventShape, instance: Record<string, unknown>): void {
  for (const field of shape.nested) {
    const value = instance[field];
    const items: unknown[] = Array.isArray(value) ? value : [value];
    const isPlain = (item: unknown) =>
      typeof item === 'object' && item !== null && Object.getPrototypeOf(item) === Object.prototype;
    if (items.some(isPlain))
      throw invalid(shape, field, 'has @ValidateNested(), and needs @Type(() => …) to know its class');
  }
}

function isThenable(value: object): boolean {
  try {
    return 'then' in value && typeof value.then === 'function';
  } catch {
    return true;
  }
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function pathOfTheUnwritable(fields: Readonly<Record<string, unknown>>): string {
  const culprit = Object.entries(fields).find(
    ([, value]) => value !== undefined && stringify(value) === undefined,
  );
  return culprit?.[0] ?? '(event)';
}

function issuesOf(error: ValidationError, parent = ''): FieldIssue[] {
  const path = `${parent}${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((message) => ({
    path,
    message: withoutProperty(message, error),
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => issuesOf(child, `${path}.`))];
}

/** class-validator's own messages begin with the property, which the path already says. */
function withoutProperty(message: string, error: ValidationError): string {
  return message.startsWith(`${error.property} `) ? message.slice(error.property.length + 1) : message;
}
