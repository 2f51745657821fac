const DATE =
  /^(\d{4})-(\d{2})-(\d{2})([ T])(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}(?::?\d{2})?)?$/;

/** What a date field is told when its value is none. */
export const WIRE_DATE_EXPECTATION =
  'must be a Date, or a string in the form YYYY-MM-DD HH:MM:SS.ffffff (UTC) or ISO 8601, and a day that exists';

/**
 * A date in the spec's form, `YYYY-MM-DD HH:MM:SS.ffffff` in UTC. A string that has it already, with 1 to 9
 * digits of a second's fraction, stays as it is, byte for byte; ISO 8601 and offsets (as Postgres prints them)
 * are brought to UTC with the digits kept; without a fraction `.000000` is added.
 *
 * @returns undefined for anything else, impossible days included
 */
export function toWireDate(value: unknown): string | undefined {
  if (value instanceof Date) return fromMilliseconds(value.getTime(), undefined);
  if (typeof value !== 'string') return undefined;
  const parts = DATE.exec(value);
  if (!parts) return undefined;
  const [, year, month, day, separator, hour, minute, second, fraction, zone] = parts;
  const time = new Date(Date.UTC(2000, 0, 1, +hour!, +minute!, +second!));
  // Not in one go: Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const ms = time.setUTCFullYear(+year!, +month! - 1, +day!);
  const written = `${year}-${month}-${day} ${hour}:${minute}:${second}`;
  // The 31st of February rolls over.
  if (secondsText(ms) !== written) return undefined;
  if (separator === ' ' && fraction !== undefined && zone === undefined) return value;
  const offset = offsetMs(zone);
  return offset === undefined ? undefined : fromMilliseconds(ms - offset, fraction ?? '000000');
}

function fromMilliseconds(ms: number, fraction: string | undefined): string | undefined {
  const seconds = secondsText(ms);
  if (seconds === undefined) return undefined;
  return `${seconds}.${fraction ?? `${new Date(ms).toISOString().slice(20, 23)}000`}`;
}

/** The second of a time, in the years 0001 to 9999, or undefined outside them. */
function secondsText(ms: number): string | undefined {
  if (Number.isNaN(ms)) return undefined;
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) return undefined;
  return `${date.toISOString().slice(0, 10)} ${date.toISOString().slice(11, 19)}`;
}

function offsetMs(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0;
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
