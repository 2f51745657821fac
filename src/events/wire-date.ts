const DATE =
  /^(\d{4})-(\d{2})-(\d{2})([ T])(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}(?::?\d{2})?)?$/;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The years 0001 to 9999, which have four digits. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const END_MS = Date.UTC(10_000, 0, 1);

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
  if (!isDay(+year!, +month!, +day!) || +hour! > 23 || +minute! > 59 || +second! > 59) return undefined;
  if (separator === ' ' && fraction !== undefined && zone === undefined) return value;
  const offset = offsetMs(zone);
  if (offset === undefined) return undefined;
  const time = new Date(Date.UTC(2000, 0, 1, +hour!, +minute!, +second!));
  // Not in one go: Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const ms = time.setUTCFullYear(+year!, +month! - 1, +day!);
  return fromMilliseconds(ms - offset, fraction ?? '000000');
}

/** By arithmetic: an emit asks for each of its dates, and a Date takes ten times as long. */
function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && isLeap ? 29 : DAYS[month - 1]!);
}

/** In the years 0001 to 9999; undefined outside them. */
function fromMilliseconds(ms: number, fraction: string | undefined): string | undefined {
  if (!(ms >= FIRST_MS && ms < END_MS)) return undefined;
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${fraction ?? `${iso.slice(20, 23)}000`}`;
}

function offsetMs(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0;
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
