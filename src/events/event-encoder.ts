import { plainToInstance } from 'class-transformer';
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
    const issues = this.validate(shape, instance);
    if (issues.length > 0) throw new InvalidEventError(shape.name, issues);
    const fields = Object.fromEntries(
      shape.fields.map((field) => [field, field === 'message_type' ? shape.name : instance[field]]),
    );
    return { fields, json: this.toJson(shape, fields) };
  }

  private toInstance(shape: EventShape, declared: Record<string, unknown>): Record<string, unknown> {
    try {
      return plainToInstance(shape.type, declared, { enableCircularCheck: true }) as Record<string, unknown>;
    } catch {
      throw new InvalidEventError(shape.name, [
        { path: '(event)', message: 'could not be transformed by its class' },
      ]);
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
      throw new InvalidEventError(shape.name, [{ path: '(event)', message: 'could not be validated' }]);
    }
  }

  private toJson(shape: EventShape, fields: Readonly<Record<string, unknown>>): string {
    const json = stringify(fields);
    if (json === undefined) {
      const message = 'can not be written as JSON (a cycle, a BigInt, or a getter that throws)';
      throw new InvalidEventError(shape.name, [{ path: pathOfTheUnwritable(fields), message }]);
    }
    if (typeof fields.content === 'string')
      this.checkSize(shape, 'content', fields.content, this.limits.contentBytes);
    this.checkSize(shape, '(event)', json, this.limits.eventBytes);
    return json;
  }

  private checkSize(shape: EventShape, path: string, text: string, maxBytes: number): void {
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxBytes) return;
    throw new InvalidEventError(shape.name, [
      { path, message: `must be at most ${maxBytes} bytes, got ${bytes}` },
    ]);
  }
}

/** Reads each declared field once: an entity's getters count, an `__proto__` in its data does not. */
function readDeclared(shape: EventShape, input: unknown): Record<string, unknown> {
  if (typeof input !== 'object' || input === null) {
    throw new InvalidEventError(shape.name, [{ path: '(event)', message: 'must be an object' }]);
  }
  const declared: Record<string, unknown> = {};
  for (const field of shape.fields) {
    if (shape.fixed.has(field)) continue;
    try {
      declared[field] = (input as Record<string, unknown>)[field];
    } catch {
      throw new InvalidEventError(shape.name, [
        { path: field, message: 'could not be read: its getter throws' },
      ]);
    }
  }
  return declared;
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
