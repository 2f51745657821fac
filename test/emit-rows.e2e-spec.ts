import { inspect } from 'node:util';
import { InvalidEventError, MessageRow, toUsers } from 'nestjs-live-messages';
import { TestClient, connect } from './support/client';
import { Host, startHost } from './support/host';
import { messageRow } from './support/rows';
import { seen } from './support/seen';
import { tokenOf } from './support/tokens';

const KEYS = [
  'id',
  'user_id',
  'content',
  'date_created',
  'date_updated',
  'message_type',
  'recipient_type',
  'reference_id',
  'deleted',
];

let host: Host;
let reader: TestClient;

beforeAll(async () => {
  host = await startHost();
  reader = await connect(host.url, tokenOf('reader'));
});
afterAll(() => host.close());
// What one test leaves behind would be the next one's.
afterEach(async () => expect(await seen(host, 'reader', reader)).toEqual([]));

/** A row that the reader gets. */
function row(overrides: Partial<MessageRow> = {}): MessageRow {
  return messageRow('reader', { recipient_type: 'USER', ...overrides });
}

/** What the reader gets of a row, as text. */
async function frameOf(input: object): Promise<string> {
  await host.live.message(input as MessageRow);
  return reader.next();
}

async function wireOf(input: object): Promise<Record<string, unknown>> {
  return JSON.parse(await frameOf(input)) as Record<string, unknown>;
}

/** How a row is refused; that it is accepted is the failure. */
async function refusalOf(input: unknown): Promise<InvalidEventError> {
  try {
    await host.live.message(input as MessageRow);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidEventError);
    return error as InvalidEventError;
  }
  throw new Error(`accepted: ${inspect(input)}`);
}

async function refusedPaths(input: unknown): Promise<string[]> {
  return (await refusalOf(input)).issues.map(({ path }) => path);
}

describe('a date', () => {
  it.each<[string, string | Date, string]>([
    ['a Date', new Date('2024-09-09T14:06:11.251Z'), '2024-09-09 14:06:11.251000'],
    ['a Date on the second', new Date('2024-09-09T14:06:11Z'), '2024-09-09 14:06:11.000000'],
    ['a Date before 1970', new Date(-1), '1969-12-31 23:59:59.999000'],
    ['one digit', '2024-09-09 14:06:11.2', '2024-09-09 14:06:11.2'],
    ['six digits', '2024-09-09 14:06:11.251848', '2024-09-09 14:06:11.251848'],
    ['nine digits', '2024-09-09 14:26:57.768097138', '2024-09-09 14:26:57.768097138'],
    ['trailing zeros', '2024-09-09 14:06:11.250', '2024-09-09 14:06:11.250'],
    ['no fraction', '2024-09-09 14:06:11', '2024-09-09 14:06:11.000000'],
    ['ISO 8601 with Z', '2024-09-09T14:06:11.251848Z', '2024-09-09 14:06:11.251848'],
    ['ISO 8601 without a fraction', '2024-09-09T14:06:11Z', '2024-09-09 14:06:11.000000'],
    ['ISO 8601 without a zone', '2024-09-09T14:06:11.251848', '2024-09-09 14:06:11.251848'],
    ['an offset over midnight', '2024-09-10T00:06:11.123456789+05:30', '2024-09-09 18:36:11.123456789'],
    ['a negative offset', '2024-12-31T23:30:00-01:00', '2025-01-01 00:30:00.000000'],
    ['Postgres in UTC', '2024-09-09 14:06:11.251848+00', '2024-09-09 14:06:11.251848'],
    ['Postgres without a fraction', '2024-09-09 14:06:11+00', '2024-09-09 14:06:11.000000'],
    ['Postgres at +02', '2024-09-09 14:06:11.251848+02', '2024-09-09 12:06:11.251848'],
    ['Postgres at +05:30', '2024-09-09 14:06:11.251848+05:30', '2024-09-09 08:36:11.251848'],
    ['Postgres west of UTC', '2024-09-09 14:06:11.25-03:30', '2024-09-09 17:36:11.25'],
    ['a leap day', '2024-02-29 00:00:00.0', '2024-02-29 00:00:00.0'],
    ['the leap day of 2000', '2000-02-29 23:59:59.999999', '2000-02-29 23:59:59.999999'],
    ['the last second', '9999-12-31 23:59:59.999999999', '9999-12-31 23:59:59.999999999'],
    ['the year 1000', new Date('1000-01-01T00:00:00Z'), '1000-01-01 00:00:00.000000'],
  ])('as %s comes out in the spec’s form', async (_, date, expected) => {
    const event = await wireOf(row({ date_created: date, date_updated: date }));
    expect([event.date_created, event.date_updated]).toEqual([expected, expected]);
  });

  it('that is null in date_updated is date_created', async () => {
    const event = await wireOf(row({ date_created: '2024-09-09T14:06:11Z', date_updated: null }));
    expect(event.date_updated).toBe('2024-09-09 14:06:11.000000');
  });

  it.each<[string, unknown]>([
    ['the 30th of February', '2024-02-30 00:00:00.0'],
    ['a leap day of no leap year', '2023-02-29 00:00:00.0'],
    ['a leap day of 1900', '1900-02-29 00:00:00.0'],
    ['the 31st of April', '2024-04-31T00:00:00Z'],
    ['month 13', '2024-13-01 00:00:00.0'],
    ['month 0', '2024-00-01 00:00:00.0'],
    ['day 0', '2024-01-00 00:00:00.0'],
    ['hour 24', '2024-01-01 24:00:00.0'],
    ['minute 60', '2024-01-01 00:60:00.0'],
    ['a leap second', '2016-12-31 23:59:60.0'],
    ['the year 0', '0000-01-01 00:00:00.0'],
    ['the year 10000', '10000-01-01 00:00:00.0'],
    ['a year 10000 by its offset', '9999-12-31T23:59:59-00:01'],
    ['a Date of the year 10000', new Date('+010000-01-01T00:00:00Z')],
    ['a Date before the year 1', new Date('-000001-01-01T00:00:00Z')],
    ['no Date', new Date(Number.NaN)],
    ['an offset of 24 hours', '2024-01-01T00:00:00+24:00'],
    ['an offset of 60 minutes', '2024-01-01T00:00:00+01:60'],
    ['ten digits', '2024-09-09 14:06:11.1234567890'],
    ['a dot without digits', '2024-09-09 14:06:11.'],
    ['a day alone', '2024-09-09'],
    ['no seconds', '2024-09-09T14:06Z'],
    ['English', 'Mon Sep 09 2024 14:06:11 GMT+0000'],
    ['milliseconds', 1_725_890_771_251],
    ['milliseconds as text', '1725890771251'],
    ['Postgres’ infinity', 'infinity'],
    ['a blank before', ' 2024-09-09 14:06:11.0'],
    ['a newline after', '2024-09-09 14:06:11.0\n'],
    ['other digits', '２０２４-09-09 14:06:11.0'],
    ['an empty string', ''],
    ['an object with a toISOString', { toISOString: () => '2024-09-09T14:06:11Z' }],
  ])('that is %s is refused', async (_, date) => {
    expect(await refusedPaths(row({ date_updated: date as string }))).toEqual(['date_updated']);
    expect(await refusedPaths(row({ date_created: date as string, date_updated: new Date() }))).toEqual([
      'date_created',
    ]);
  });

  it('that is null is refused in date_created', async () => {
    expect(await refusedPaths(row({ date_created: null as never }))).toContain('date_created');
  });
});

describe('a field', () => {
  const FIELDS = ['id', 'user_id', 'content', 'date_created', 'recipient_type', 'reference_id'] as const;

  it.each(FIELDS)('%s that is missing is refused with its path', async (field) => {
    const { [field]: _, ...rest } = row({ date_updated: new Date() });
    expect(await refusedPaths(rest)).toEqual([field]);
  });

  it('date_updated that is missing is refused with its path: only null means date_created', async () => {
    const { date_updated: _, ...rest } = row();
    expect(await refusedPaths(rest)).toEqual(['date_updated']);
  });

  it.each(FIELDS)('%s of another type is refused with its path', async (field) => {
    for (const value of [null, undefined, 7, Number.NaN, true, ['x'], { x: 1 }, Symbol('x'), () => 'x', 7n]) {
      expect(await refusedPaths({ ...row({ date_updated: new Date() }), [field]: value })).toEqual([field]);
    }
  });

  it('that is an id has 1 to 255 characters, whatever they are', async () => {
    const ids = ['x', 'x'.repeat(255), '한'.repeat(255), 'a:b', '"\\\u0000\u2028', '__proto__', ' '];
    for (const id of ids) expect(await wireOf(row({ id, user_id: id }))).toMatchObject({ id, user_id: id });
    for (const field of ['id', 'user_id', 'reference_id']) {
      for (const id of ['', 'x'.repeat(256), '\ud800', 'x\udc00x']) {
        expect(await refusedPaths({ ...row(), [field]: id })).toEqual([field]);
      }
    }
  });

  it('recipient_type has 1 to 64 characters and no colon', async () => {
    for (const type of ['', 'x'.repeat(65), 'A:B', ':', '\ud800']) {
      const input = row({ recipient_type: type });
      expect(await refusedPaths(input)).toEqual(['recipient_type']);
      // Also where the topic is not the audience.
      const elsewhere = host.live.message(input, { to: toUsers('reader') });
      await expect(elsewhere).rejects.toBeInstanceOf(InvalidEventError);
    }
    const accepted = messageRow('y', { recipient_type: 'x'.repeat(64) });
    await expect(host.live.message(accepted)).resolves.toHaveProperty('cursor');
  });

  it.each(['', ' ', '\u0000', '\u2028\u2029', '"\\/', '</script>', '👋🏽', 'e\u0301', '\ufeff', '\ufffd'])(
    'content %j comes out as it went in',
    async (content) => {
      expect(await wireOf(row({ content }))).toMatchObject({ content });
    },
  );

  it('content with a lone surrogate is refused', async () => {
    for (const content of ['\ud800', '\udfff', 'a\ud83d', '\udc4bb', '\udc4b\ud83d'])
      expect(await refusedPaths(row({ content }))).toEqual(['content']);
  });
});

describe('size', () => {
  it.each<[string, string]>([
    ['a byte each', 'a'.repeat(65_536)],
    ['two bytes each', 'é'.repeat(32_768)],
    ['three bytes each', '한'.repeat(21_845) + 'a'],
    ['four bytes each', '👋'.repeat(16_384)],
    ['longer as JSON', '\n'.repeat(65_536)],
  ])('of content is 65,536 bytes and not one more, with characters of %s', async (_, content) => {
    expect(Buffer.byteLength(content)).toBe(65_536);
    expect(await wireOf(row({ content }))).toMatchObject({ content });
    const refusal = await refusalOf(row({ content: `${content}a` }));
    expect(refusal.issues).toEqual([{ path: 'content', message: 'must be at most 65536 bytes, got 65537' }]);
  });

  it('of an event is limits.eventBytes of JSON and not one more', async () => {
    const refusal = await refusalOf(row({ content: '\u0001'.repeat(65_536) }));
    expect(refusal.issues).toMatchObject([{ path: '(event)' }]);
    expect(refusal.issues[0]!.message).toMatch(/^must be at most 262144 bytes, got \d+$/);
  });
});

describe('what is no row', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a string', 'hello'],
    ['a number', 7],
    ['a boolean', true],
    ['a bigint', 7n],
    ['a symbol', Symbol('hello')],
    ['a function', () => row()],
  ])('is refused: %s', async (_, input) => {
    for (const method of ['message', 'messageEdited', 'messageDeleted', 'typing', 'emit'] as const) {
      const emit = host.live[method].bind(host.live) as (input: unknown) => Promise<unknown>;
      await expect(emit(input)).rejects.toBeInstanceOf(InvalidEventError);
    }
  });

  it('is refused with all it lacks: an empty object, a list, a camelCase row', async () => {
    const camelCase = {
      id: '1',
      userId: 'ann',
      content: 'hello',
      dateCreated: new Date(),
      dateUpdated: new Date(),
      recipientType: 'USER',
      referenceId: 'reader',
    };
    const snakes = ['user_id', 'date_created', 'date_updated', 'recipient_type', 'reference_id'];
    expect((await refusedPaths(camelCase)).sort()).toEqual([...snakes].sort());
    for (const nothing of [
      {},
      [],
      [row()],
      Object.create(null),
      new Map(Object.entries(row())),
      new Date(),
    ]) {
      expect(await refusedPaths(nothing)).toEqual(expect.arrayContaining(['id', 'content', ...snakes]));
    }
  });
});

describe('what a row has more', () => {
  class UserEntity {
    passwordHash = '$2b$10$hash';
  }
  class MessageEntity {
    id = 'entity';
    readonly passwordHash = '$2b$10$hash';
    readonly author = new UserEntity();
    readonly self = this;
    readonly big = 7n;
    date_created = new Date('2024-09-09T14:06:11.251Z');
    date_updated = null;
    recipient_type = 'USER';
    user_id = 'ann';
    private text = 'hello';

    get content(): string {
      return this.text;
    }

    get secret(): string {
      throw new Error('nobody reads me');
    }

    get reference_id(): string {
      return 'reader';
    }

    toJSON(): object {
      return { leaked: true };
    }
  }

  it('stays home: of an entity come the nine keys, its getters’ among them, and no other', async () => {
    const frame = await frameOf(new MessageEntity());
    expect(frame).toBe(
      '{"id":"entity","user_id":"ann","content":"hello","date_created":"2024-09-09 14:06:11.251000",' +
        '"date_updated":"2024-09-09 14:06:11.251000","message_type":"MESSAGE","recipient_type":"USER",' +
        '"reference_id":"reader","deleted":false}',
    );
  });

  it('stays home when it comes before, between and after, from a prototype, or as a symbol', async () => {
    const base = { password_hash: 'a hash', cursor: '1-1', toString: () => 'a hash' };
    const input: object = Object.assign(Object.create(base) as object, { aaa: 1 }, row({ id: 'x' }), {
      zzz: 1,
      cursor: '1-1',
      [Symbol.toPrimitive]: () => 'a hash',
    });
    const frame = await frameOf(input);
    expect(Object.keys(JSON.parse(frame) as object)).toEqual(KEYS);
    expect(frame).not.toMatch(/hash|aaa|zzz|cursor/);
  });

  it('stays home when it is __proto__ or constructor, and pollutes nothing', async () => {
    const text = JSON.stringify(row()).replace(
      '{',
      '{"__proto__":{"content":"polluted","isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},',
    );
    const event = await wireOf(JSON.parse(text) as object);
    expect(Object.keys(event)).toEqual(KEYS);
    expect(event.content).not.toBe('polluted');
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });

  it('gives no field that the row lacks: an own __proto__ is no prototype', async () => {
    const { content: _, ...rest } = row();
    const text = JSON.stringify(rest).replace('{', '{"__proto__":{"content":"from afar"},');
    expect(await refusedPaths(JSON.parse(text))).toEqual(['content']);
  });

  it('is never read, and what counts is read once', async () => {
    const reads: PropertyKey[] = [];
    const input = new Proxy<MessageRow>({ ...row(), passwordHash: 'a hash' } as MessageRow, {
      get(target, key, receiver) {
        reads.push(key);
        return Reflect.get(target, key, receiver) as unknown;
      },
      ownKeys() {
        throw new Error('nobody lists me');
      },
    });
    await frameOf(input);
    expect(reads.sort()).toEqual(KEYS.filter((key) => !['message_type', 'deleted'].includes(key)).sort());
  });

  it('leaves the row as it was', async () => {
    const input = Object.freeze(row({ date_created: Object.freeze(new Date('2024-09-09T14:06:11.251Z')) }));
    const before = structuredClone(input);
    await frameOf(input);
    expect(input).toEqual(before);
  });
});

describe('a hostile row', () => {
  const SECRET_TEXT = 'S3CRET';

  it('whose getter throws is refused with the field’s path, without what was thrown', async () => {
    for (const field of ['id', 'content', 'date_updated']) {
      const input = Object.defineProperty({ ...row() }, field, {
        get() {
          throw new Error(SECRET_TEXT);
        },
      });
      const refusal = await refusalOf(input);
      expect(refusal.issues.map(({ path }) => path)).toEqual([field]);
      expect(everythingOf(refusal)).not.toContain(SECRET_TEXT);
    }
  });

  it('that is a Proxy which throws at every turn is refused', async () => {
    const fail = (): never => {
      throw new Error(SECRET_TEXT);
    };
    const traps = {
      get: fail,
      has: fail,
      ownKeys: fail,
      getPrototypeOf: fail,
      getOwnPropertyDescriptor: fail,
    };
    expect(everythingOf(await refusalOf(new Proxy({}, traps)))).not.toContain(SECRET_TEXT);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    await expect(host.live.message(proxy as MessageRow)).rejects.toBeInstanceOf(InvalidEventError);
  });

  it('that is such a Proxy is refused by emit() too', async () => {
    const proxy = new Proxy(
      {},
      {
        get() {
          throw new Error(SECRET_TEXT);
        },
      },
    );
    await expect(host.live.emit(proxy)).rejects.toBeInstanceOf(InvalidEventError);
  });

  it('with a field that bites when it is touched is refused', async () => {
    const bites = {
      toString(): never {
        throw new Error(SECRET_TEXT);
      },
      toJSON(): never {
        throw new Error(SECRET_TEXT);
      },
      valueOf(): never {
        throw new Error(SECRET_TEXT);
      },
    };
    class EvilDate extends Date {
      override getTime(): never {
        throw new Error(SECRET_TEXT);
      }
    }
    const cycle: Record<string, unknown> = { text: SECRET_TEXT };
    cycle.cycle = cycle;
    const inputs = [
      { ...row(), id: bites },
      { ...row(), content: bites },
      { ...row(), recipient_type: bites },
      { ...row(), content: cycle },
      { ...row(), content: new String(SECRET_TEXT) },
      { ...row(), date_created: new EvilDate() },
      { ...row(), date_created: new Proxy(new Date(), {}) },
      { ...row(), date_updated: bites },
    ];
    for (const input of inputs) expect(everythingOf(await refusalOf(input))).not.toContain(SECRET_TEXT);
  });

  it('with a promise that rejects is refused, and nothing rejects unseen', async () => {
    const lazy = Promise.reject(new Error('a lazy relation'));
    lazy.catch(() => undefined);
    expect(await refusedPaths({ ...row(), content: lazy })).toEqual(['content']);
  });

  it('never finds its values in the error', async () => {
    const long = `${SECRET_TEXT}${'x'.repeat(70_000)}`;
    const values = [
      long,
      `${SECRET_TEXT}\ud800`,
      [SECRET_TEXT],
      { [SECRET_TEXT]: SECRET_TEXT },
      Symbol(SECRET_TEXT),
    ];
    for (const field of KEYS.filter((key) => key !== 'message_type' && key !== 'deleted')) {
      for (const value of values) {
        const refusal = await refusalOf({ ...row({ date_updated: new Date() }), [field]: value });
        expect(refusal.issues.map(({ path }) => path)).toEqual([field]);
        expect(everythingOf(refusal)).not.toContain(SECRET_TEXT);
      }
    }
  });

  it('takes no other with it: the emits around it arrive', async () => {
    const attempts = [
      host.live.message(row({ content: 'before' })),
      host.live.message(null as never),
      host.live.message(row({ id: '' })),
      host.live.message(row({ content: 'after' })),
    ];
    const outcomes = (await Promise.allSettled(attempts)).map(({ status }) => status);
    expect(outcomes).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(await seen(host, 'reader', reader)).toEqual(['before', 'after']);
  });
});

/** All that a log could show of an error. */
function everythingOf(error: Error): string {
  return [
    error.message,
    error.stack,
    inspect(error, { depth: Infinity, showHidden: true }),
    JSON.stringify(error),
  ].join('\n');
}
