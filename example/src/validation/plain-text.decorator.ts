import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

/** A string of 1 to `max` characters that is not blank; `trim` takes the space around it away first. */
export function PlainText({ max, trim = false }: { max: number; trim?: boolean }): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (trim && typeof value === 'string' ? value.trim() : value)),
    ValidateBy({
      name: 'plainText',
      validator: {
        validate: (value) => isPlainText(value, max),
        defaultMessage: () => `$property must be a string of 1 to ${max} characters that is not blank`,
      },
    }),
  );
}

function isPlainText(value: unknown, max: number): boolean {
  if (typeof value !== 'string' || value.trim() === '') return false;
  // Counted as Postgres counts, in code points; a NUL it can't hold at all.
  return [...value].length <= max && !value.includes('\0');
}
