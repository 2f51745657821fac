import { ValidateBy, ValidationOptions, buildMessage } from 'class-validator';
import { MAX_ID_LENGTH, isId, isText } from '../protocol/id';
import { MAX_RECIPIENT_TYPE_LENGTH } from '../protocol/topic';
import { WIRE_DATE_EXPECTATION, toWireDate } from './wire-date';

/** An id on the wire: a well-formed string of 1 to 255 characters. For `@LiveEvent` classes too. */
export function IsWireId(options?: ValidationOptions): PropertyDecorator {
  const expectation = `must be a string of 1 to ${MAX_ID_LENGTH} characters`;
  return rule('isWireId', expectation, isId, options);
}

/** A `recipient_type`: 1 to 64 characters without a colon. */
export function IsRecipientType(options?: ValidationOptions): PropertyDecorator {
  const expectation = `must be a string of 1 to ${MAX_RECIPIENT_TYPE_LENGTH} characters without ":"`;
  const holds = (value: unknown) => isText(value, 1, MAX_RECIPIENT_TYPE_LENGTH) && !value.includes(':');
  return rule('isRecipientType', expectation, holds, options);
}

/** Text for people: a well-formed string, which may be empty. */
export function IsWireText(options?: ValidationOptions): PropertyDecorator {
  const expectation = 'must be a string without lone surrogates (see String.prototype.toWellFormed)';
  return rule('isWireText', expectation, (value) => isText(value, 0, Number.POSITIVE_INFINITY), options);
}

/** A date in the spec's form. */
export function IsWireDate(options?: ValidationOptions): PropertyDecorator {
  return rule(
    'isWireDate',
    WIRE_DATE_EXPECTATION,
    (value) => typeof value === 'string' && toWireDate(value) === value,
    options,
  );
}

function rule(
  name: string,
  expectation: string,
  holds: (value: unknown) => boolean,
  options?: ValidationOptions,
): PropertyDecorator {
  const defaultMessage = buildMessage(() => expectation, options);
  return ValidateBy({ name, validator: { validate: holds, defaultMessage } }, options);
}
