/** The longest id on the wire, in UTF-16 code units. */
export const MAX_ID_LENGTH = 255;

/** Whether a value is an id: 1 to 255 characters, and no lone surrogates, of which UTF-8 would make another id. */
export function isId(value: unknown): value is string {
  return isText(value, 1, MAX_ID_LENGTH);
}

/** Whether a value is a well-formed string of so many UTF-16 code units. */
export function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === 'string' && value.length >= min && value.length <= max && value.isWellFormed();
}
