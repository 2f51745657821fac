import * as fc from 'fast-check';
import { toWireDate } from './wire-date';

const FIRST_MS = Date.UTC(100, 0, 1);
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const DAY_MS = 86_400_000;
const FORM = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{1,9}$/;

const anyMs = fc.oneof(
  fc.integer({ min: FIRST_MS, max: LAST_MS }),
  fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2070, 0, 1) }),
);
const anyFraction = fc.stringMatching(/^\d{1,9}$/);

/** An independent way from a second to its text. */
function secondsOf(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19);
}

describe('any time from the year 100 to 9999', () => {
  it('as a Date is its milliseconds in UTC, padded to six digits, and reads back as the same time', () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        const text = toWireDate(new Date(ms))!;
        expect(text).toMatch(FORM);
        expect(text).toBe(`${secondsOf(ms)}.${new Date(ms).toISOString().slice(20, 23)}000`);
        expect(Date.parse(`${text.replace(' ', 'T')}Z`)).toBe(ms);
        expect(toWireDate(text)).toBe(text);
      }),
    );
  });

  it('in the spec’s form, with 1 to 9 digits, stays as it is', () => {
    fc.assert(
      fc.property(anyMs, anyFraction, (ms, fraction) => {
        const text = `${secondsOf(ms)}.${fraction}`;
        expect(toWireDate(text)).toBe(text);
      }),
    );
  });

  it('as ISO 8601 or Postgres prints it, with an offset, is brought to UTC with its digits kept', () => {
    const inside = fc.integer({ min: FIRST_MS + DAY_MS, max: LAST_MS - DAY_MS });
    const offset = fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 });
    const style = fc.constantFrom('hh:mm', 'hhmm', 'hh');
    fc.assert(
      fc.property(
        inside,
        offset,
        fc.option(anyFraction),
        fc.constantFrom('T', ' '),
        style,
        (ms, minutes, fraction, separator, how) => {
          const shift = how === 'hh' ? Math.trunc(minutes / 60) * 60 : minutes;
          const zone = zoneOf(shift, how);
          const local = secondsOf(ms + shift * 60_000).replace(' ', separator);
          const written = `${local}${fraction === null ? '' : `.${fraction}`}${zone}`;
          expect(toWireDate(written)).toBe(`${secondsOf(ms)}.${fraction ?? '000000'}`);
        },
      ),
    );
  });

  it('ends a pass: what comes out goes in unchanged', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.date(),
          anyMs.map((ms) => new Date(ms).toISOString()),
        ),
        (value) => {
          const text = toWireDate(value);
          if (text === undefined) return;
          expect(text).toMatch(FORM);
          expect(toWireDate(text)).toBe(text);
        },
      ),
    );
  });
});

it.each(['0001-01-01 00:00:00.0', '0050-06-15 12:00:00.123456', '0099-12-31 23:59:59.9'])(
  'takes the years before 100 too: %s',
  (text) => {
    expect(toWireDate(text)).toBe(text);
    expect(toWireDate(new Date(`${text.slice(0, 19).replace(' ', 'T')}Z`))).toBe(
      `${text.slice(0, 19)}.000000`,
    );
  },
);

it('refuses every day that does not exist', () => {
  const number = fc.integer({ min: 0, max: 99 }).map((n) => `${n}`.padStart(2, '0'));
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 9999 }),
      number,
      number,
      number,
      number,
      number,
      (y, mo, d, h, mi, s) => {
        const text = `${`${y}`.padStart(4, '0')}-${mo}-${d} ${h}:${mi}:${s}`;
        const exists =
          +mo >= 1 && +mo <= 12 && +d >= 1 && +d <= daysIn(y, +mo) && +h < 24 && +mi < 60 && +s < 60;
        expect(toWireDate(`${text}.5`)).toBe(exists ? `${text}.5` : undefined);
        expect(toWireDate(`${text.replace(' ', 'T')}Z`)).toBe(exists ? `${text}.000000` : undefined);
      },
    ),
    { numRuns: 2_000 },
  );
});

it('knows the last day of every month, as Date does', () => {
  for (const year of [1, 4, 100, 400, 1900, 2000, 2023, 2024, 9999]) {
    for (let month = 1; month <= 12; month += 1) {
      const last = new Date(0);
      last.setUTCFullYear(year, month, 0);
      const text = `${last.toISOString().slice(0, 10)} 23:59:59.0`;
      expect(toWireDate(text)).toBe(text);
      const next = text.replace(/\d\d (?=23)/, `${last.getUTCDate() + 1} `);
      expect([next, toWireDate(next)]).toEqual([next, undefined]);
    }
  }
});

it.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['a number', 0],
  ['a bigint', 0n],
  ['an object', {}],
  ['a list', ['2024-09-09 14:06:11.0']],
  ['a String', new String('2024-09-09 14:06:11.0')],
  ['an invalid Date', new Date(Number.NaN)],
  ['the year 10000', new Date(LAST_MS + 1)],
  ['the year 0', new Date('0000-06-01T00:00:00Z')],
  ['text of the year 0', '0000-06-01 00:00:00.0'],
  ['a year before 1 by its offset', '0001-01-01T00:00:00+00:01'],
  ['a year after 9999 by its offset', '9999-12-31 23:59:59-00:01'],
  ['small letters', '2024-09-09t14:06:11z'],
  ['a comma', '2024-09-09 14:06:11,5'],
  ['two blanks', '2024-09-09  14:06:11.5'],
  ['a blank before the zone', '2024-09-09 14:06:11.5 +00'],
  ['an offset of one digit', '2024-09-09 14:06:11.5+2'],
  ['an offset with seconds', '2024-09-09 14:06:11.5+00:19:32'],
  ['a sign', '-2024-09-09 14:06:11.5'],
  ['an expanded year', '+002024-09-09T14:06:11Z'],
  ['the basic form', '20240909T140611Z'],
  ['a line after', '2024-09-09 14:06:11.5\n'],
])('refuses %s', (_, value) => {
  expect(toWireDate(value)).toBeUndefined();
});

function zoneOf(minutes: number, how: 'hh:mm' | 'hhmm' | 'hh'): string {
  const sign = minutes < 0 ? '-' : '+';
  const [hh, mm] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((n) =>
    `${n}`.padStart(2, '0'),
  );
  return `${sign}${hh}${how === 'hh' ? '' : how === 'hhmm' ? mm : `:${mm}`}`;
}

function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}
