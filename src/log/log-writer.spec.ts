import * as fc from 'fast-check';
import { LogUnavailableError } from '../live-messages.errors';
import { Audience, toEveryone, toTopic, toUsers } from './audience';
import { EventLog, LogRange, LogSubscription, RecordBatch } from './event-log';
import { LogWriter } from './log-writer';
import { MemoryEventLog } from './memory-event-log';
import { Position } from './position';
import { DisconnectRecord, EventRecord, NewRecord, RevocationRecord } from './records';

const TIMEOUT_MS = 1_000;
const EPOCH = 7;

interface Call {
  readonly batch: RecordBatch;
  /** What the batch held when it came, as text: a resent one may not have changed meanwhile. */
  readonly content: string;
  accept(): void;
  fail(error?: unknown): void;
}

/** A log that answers when the test says so. */
class FakeLog extends EventLog {
  readonly calls: Call[] = [];
  saving: () => Promise<void> = () => Promise.resolve();
  private seq = 0;

  append(batch: RecordBatch): Promise<readonly Position[]> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        batch,
        content: JSON.stringify(batch),
        accept: () => resolve(batch.records.map(() => ({ epoch: EPOCH, seq: (this.seq += 1) }))),
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a log may reject with anything
        fail: (error = new Error('the connection is gone')) => reject(error),
      });
    });
  }

  follow(): Promise<LogSubscription> {
    return Promise.reject(new Error('not asked for'));
  }

  read(): Promise<LogRange> {
    return Promise.reject(new Error('not asked for'));
  }

  saveRevocation(): Promise<void> {
    return this.saving();
  }

  revocations(): Promise<readonly RevocationRecord[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get last(): Call {
    return this.calls.at(-1)!;
  }

  /** For each call its number and the users of its records. */
  get sent(): [number, string[]][] {
    return this.calls.map(({ batch }) => [batch.number, usersOf(batch)]);
  }
}

let log: FakeLog;
let writer: LogWriter;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate'] });
  log = new FakeLog();
  writer = new LogWriter(log, TIMEOUT_MS);
});
afterEach(() => {
  writer.close();
  jest.useRealTimers();
});

function body(userId: string): DisconnectRecord {
  return { kind: 'disconnect', userId, durable: true };
}

function usersOf({ records }: RecordBatch): string[] {
  return records.map((record) => (record as DisconnectRecord).userId);
}

/** Appends, and says what became of it: 'accepted 7-1', 'refused', 'unknown', or 'open'. */
function append(userId: string, key?: string): { outcome: string; at: number } {
  const appended = { outcome: 'open', at: Number.NaN };
  const settle = (outcome: string) => Object.assign(appended, { outcome, at: Date.now() });
  writer.append(body(userId), key).then(
    ({ epoch, seq }) => settle(`accepted ${epoch}-${seq}`),
    (error: LogUnavailableError) => settle(error.outcome),
  );
  return appended;
}

/** Lets everything go on that waits for no timer. */
const settled = () => jest.advanceTimersByTimeAsync(0);
const later = (ms: number) => jest.advanceTimersByTimeAsync(ms);

describe('order and batches', () => {
  it('sends what is appended in one turn as one batch, in the order of the calls', async () => {
    const [a, b, c] = [append('a'), append('b'), append('c')];
    expect(log.calls).toHaveLength(0);
    await settled();
    expect(log.sent).toEqual([[1, ['a', 'b', 'c']]]);
    log.last.accept();
    await settled();
    expect([a, b, c].map(({ outcome }) => outcome)).toEqual(['accepted 7-1', 'accepted 7-2', 'accepted 7-3']);
  });

  it('gathers what comes while a batch is under way into the next, and never has two under way', async () => {
    append('a');
    await settled();
    append('b');
    await settled();
    append('c');
    await later(100);
    expect(log.sent).toEqual([[1, ['a']]]);
    log.last.accept();
    await settled();
    expect(log.sent).toEqual([
      [1, ['a']],
      [2, ['b', 'c']],
    ]);
  });

  it('sends a thousand at most in one batch, and the rest in the next ones', async () => {
    const appended = Array.from({ length: 2_500 }, (_, n) => append(`u${n}`));
    for (let batch = 0; batch < 3; batch += 1) {
      await settled();
      log.last.accept();
    }
    await settled();
    expect(log.sent.map(([number, users]) => [number, users.length, users[0]])).toEqual([
      [1, 1_000, 'u0'],
      [2, 1_000, 'u1000'],
      [3, 500, 'u2000'],
    ]);
    expect(appended.map(({ outcome }) => outcome)).toEqual(appended.map((_, n) => `accepted 7-${n + 1}`));
  });

  it('has the next batch under way when it tells the callers of the one before', async () => {
    const sentWhenTold = writer.append(body('a')).then(() => log.calls.length);
    await settled();
    append('b');
    log.last.accept();
    expect(await sentWhenTold).toBe(2);
  });

  it('sends again after it had nothing to do, with the next number and the same writer', async () => {
    append('a');
    await settled();
    log.last.accept();
    await later(10_000);
    append('b');
    await settled();
    expect(log.sent).toEqual([
      [1, ['a']],
      [2, ['b']],
    ]);
    expect(new Set(log.calls.map(({ batch }) => batch.writerId)).size).toBe(1);
  });

  it('is another writer than every other', async () => {
    const other = new LogWriter(log, TIMEOUT_MS);
    append('a');
    other.append(body('b')).catch(() => undefined);
    await settled();
    expect(new Set(log.calls.map(({ batch }) => batch.writerId)).size).toBe(2);
    other.close();
  });

  it('refuses at once when 64 MiB wait already, and takes more once they are under way', async () => {
    append('first');
    await settled();
    const json = 'x'.repeat(4_194_304);
    const large: EventRecord = { kind: 'event', type: 'LARGE', json, audience: toEveryone(), durable: true };
    for (let count = 0; count < 7; count += 1) writer.append(large).catch(() => undefined);
    await expect(writer.append(large)).rejects.toMatchObject({ outcome: 'refused' });
    const small = append('small');
    log.last.accept();
    await settled();
    expect(log.last.batch.records.map(({ kind }) => kind)).toEqual([
      ...Array<string>(8).fill('event').with(7, 'disconnect'),
      'refusal',
    ]);
    const more = writer.append(large);
    log.last.accept();
    await settled();
    log.last.accept();
    await more;
    expect(small.outcome).toMatch(/^accepted/);
  });
});

describe('a batch in doubt', () => {
  it('is sent again with the same number and content until it is answered, before the next goes', async () => {
    const a = append('a');
    await settled();
    for (let failures = 1; failures <= 3; failures += 1) {
      log.last.fail();
      await settled();
      append(`b${failures}`);
      await later(50 * 2 ** (failures - 1));
      expect(log.calls).toHaveLength(failures + 1);
    }
    expect(new Set(log.calls.map(({ content }) => content)).size).toBe(1);
    log.last.accept();
    await settled();
    expect(a.outcome).toBe('accepted 7-1');
    expect(log.sent.at(-1)).toEqual([2, ['b1', 'b2', 'b3']]);
  });

  it('is sent again ever more seldom, and at least every second', async () => {
    append('a');
    await settled();
    const waits: number[] = [];
    for (let failures = 0; failures < 8; failures += 1) {
      const failedAt = Date.now();
      const before = log.calls.length;
      log.last.fail();
      while (log.calls.length === before) await jest.advanceTimersToNextTimerAsync();
      waits.push(Date.now() - failedAt);
    }
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it('is sent again though nobody waits for it any more, and its late acceptance harms nobody', async () => {
    const a = append('a');
    await settled();
    await later(TIMEOUT_MS);
    expect(a.outcome).toBe('unknown');
    const b = append('b');
    log.last.fail();
    await later(50);
    expect(log.sent).toEqual([
      [1, ['a']],
      [1, ['a']],
    ]);
    log.last.accept();
    await settled();
    expect(a.outcome).toBe('unknown');
    log.last.accept();
    await settled();
    expect(log.sent.at(-1)).toEqual([2, ['b']]);
    expect(b.outcome).toBe('accepted 7-2');
  });

  it.each<[string, unknown]>([
    ['an error of its own', new Error('ECONNRESET')],
    ['no error at all', undefined],
    ['a text', 'refused'],
    ['a LogUnavailableError that leaves it open', new LogUnavailableError('unknown', 'a timeout')],
    ['an object that only looks like a refusal', { name: 'LogUnavailableError', outcome: 'refused' }],
  ])('is what a log leaves that rejects with %s', async (_, error) => {
    const a = append('a');
    await settled();
    log.last.fail(error);
    await later(50);
    expect(a.outcome).toBe('open');
    expect(log.sent).toEqual([
      [1, ['a']],
      [1, ['a']],
    ]);
  });

  it('is what a log leaves that throws before it promises anything', async () => {
    let calls = 0;
    jest.spyOn(log, 'append').mockImplementation(({ records }) => {
      calls += 1;
      if (calls === 1) throw new Error('not connected');
      return Promise.resolve(records.map(() => ({ epoch: EPOCH, seq: 1 })));
    });
    const a = append('a');
    await later(50);
    expect(a.outcome).toBe('accepted 7-1');
    expect(calls).toBe(2);
  });
});

describe('a batch that is refused', () => {
  it('is not sent again; all its callers are told, and the next one goes', async () => {
    const [a, b] = [append('a'), append('b')];
    await settled();
    const c = append('c');
    const refusal = new LogUnavailableError('refused', 'OOM command not allowed');
    log.last.fail(refusal);
    await settled();
    expect([a.outcome, b.outcome]).toEqual(['refused', 'refused']);
    expect(log.sent).toEqual([
      [1, ['a', 'b']],
      [2, ['c']],
    ]);
    log.last.accept();
    await settled();
    expect(c.outcome).toBe('accepted 7-1');
  });

  it('is refused with the log’s own reason and cause', async () => {
    const attempt = writer.append(body('a'));
    await settled();
    const refusal = new LogUnavailableError('refused', 'OOM command not allowed');
    log.last.fail(refusal);
    await expect(attempt).rejects.toMatchObject({
      outcome: 'refused',
      why: 'OOM command not allowed',
      cause: refusal,
    });
  });
});

describe('the timeout', () => {
  it('says `unknown` of what is under way, and `refused` of what is queued and never sends that', async () => {
    const a = append('a');
    await settled();
    const b = append('b');
    await later(TIMEOUT_MS);
    expect([a.outcome, b.outcome]).toEqual(['unknown', 'refused']);
    const c = append('c');
    log.last.accept();
    await settled();
    expect(log.sent).toEqual([
      [1, ['a']],
      [2, ['c']],
    ]);
    log.last.accept();
    await settled();
    expect(c.outcome).toBe('accepted 7-2');
  });

  it('comes for each call in its own time', async () => {
    const start = Date.now();
    const appended = [append('a')];
    await settled();
    for (let count = 1; count <= 5; count += 1) {
      await later(100);
      appended.push(append(`b${count}`));
    }
    await later(10 * TIMEOUT_MS);
    expect(appended.map(({ at }) => at - start)).toEqual(
      [0, 100, 200, 300, 400, 500].map((ms) => ms + TIMEOUT_MS),
    );
  });

  it('comes for each call in its own time, also behind a record that somebody else asked for again', async () => {
    const start = Date.now();
    append('under way');
    await settled();
    const first = append('a', 'key');
    await later(100);
    const second = append('b');
    await later(100);
    const again = append('a', 'key');
    await later(10 * TIMEOUT_MS);
    expect([first, second, again].map(({ at }) => at - start)).toEqual(
      [0, 100, 200].map((ms) => ms + TIMEOUT_MS),
    );
  });

  it('leaves no timer behind when all is answered and its time has passed', async () => {
    append('a');
    await settled();
    log.last.accept();
    await later(10 * TIMEOUT_MS);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a key', () => {
  it('makes the second append the first one: queued, under way, and accepted', async () => {
    append('under way', 'other');
    await settled();
    const queued = [append('a', 'key'), append('a again', 'key')];
    log.last.accept();
    await settled();
    const underWay = append('a once more', 'key');
    expect(log.sent.at(-1)).toEqual([2, ['a']]);
    log.last.accept();
    await settled();
    const accepted = append('a at last', 'key');
    await settled();
    expect([...queued, underWay, accepted].map(({ outcome }) => outcome)).toEqual(
      Array(4).fill('accepted 7-2'),
    );
    expect(log.calls).toHaveLength(2);
  });

  it('is the same event for a minute from its first use, and a new one after', async () => {
    append('a', 'key');
    await settled();
    log.last.accept();
    await later(59_999);
    append('a', 'key');
    await settled();
    expect(log.calls).toHaveLength(1);
    await later(1);
    append('a', 'key');
    await settled();
    expect(log.sent.at(-1)).toEqual([2, ['a']]);
  });

  it('is free again after a refusal', async () => {
    const first = append('a', 'key');
    await settled();
    log.last.fail(new LogUnavailableError('refused', 'full'));
    await settled();
    const second = append('a', 'key');
    await settled();
    log.last.accept();
    await settled();
    expect([first.outcome, second.outcome]).toEqual(['refused', 'accepted 7-1']);
    expect(log.sent).toEqual([
      [1, ['a']],
      [2, ['a']],
    ]);
  });

  it('is free again after the timeout of a record that was never sent', async () => {
    append('under way');
    await settled();
    const first = append('a', 'key');
    await later(TIMEOUT_MS);
    const second = append('a', 'key');
    log.last.accept();
    await settled();
    log.last.accept();
    await settled();
    expect([first.outcome, second.outcome]).toEqual(['refused', 'accepted 7-2']);
    expect(log.sent.at(-1)).toEqual([2, ['a']]);
  });

  it('lets a retry find out what became of a record that was `unknown`', async () => {
    const first = append('a', 'key');
    await later(TIMEOUT_MS);
    const retry = append('a', 'key');
    log.last.fail();
    await later(50);
    log.last.accept();
    await settled();
    expect([first.outcome, retry.outcome]).toEqual(['unknown', 'accepted 7-1']);
    expect(log.sent).toEqual([
      [1, ['a']],
      [1, ['a']],
    ]);
  });

  it('gives two callers each their own time', async () => {
    const start = Date.now();
    const first = append('a', 'key');
    await later(600);
    const second = append('a', 'key');
    await later(10 * TIMEOUT_MS);
    expect([first, second].map(({ at }) => at - start)).toEqual([TIMEOUT_MS, TIMEOUT_MS + 600]);
  });

  it('never lets a caller hear `refused` of a record that another caller still brings into the log', async () => {
    append('under way');
    await settled();
    const first = append('a', 'key');
    await later(600);
    const second = append('a', 'key');
    await later(500);
    expect(first.outcome).not.toBe('open');
    log.last.accept();
    await settled();
    log.last.accept();
    await settled();
    expect(second.outcome).toBe('accepted 7-2');
    expect(first.outcome).toBe('unknown');
  });
});

describe('close', () => {
  it('refuses what is queued and what comes later, and leaves open what is under way', async () => {
    const a = append('a');
    await settled();
    const b = append('b', 'key');
    writer.close();
    const c = append('c');
    const again = append('b', 'key');
    await settled();
    expect([a, b, c, again].map(({ outcome }) => outcome)).toEqual([
      'unknown',
      'refused',
      'refused',
      'refused',
    ]);
  });

  it('sends nothing more, answered or not, and may be called twice', async () => {
    append('a');
    await settled();
    append('b');
    writer.close();
    writer.close();
    log.last.accept();
    await later(60_000);
    expect(log.sent).toEqual([[1, ['a']]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends the wait before a batch is sent again', async () => {
    const a = append('a');
    await settled();
    log.last.fail();
    await settled();
    writer.close();
    expect(jest.getTimerCount()).toBe(0);
    await later(60_000);
    expect(a.outcome).toBe('unknown');
    expect(log.calls).toHaveLength(1);
  });

  it('refuses what was appended in the same turn', async () => {
    const a = append('a');
    writer.close();
    await settled();
    expect(a.outcome).toBe('refused');
    expect(log.calls).toHaveLength(0);
  });
});

/** How a {@link FlakyLog} meets a batch. */
type Fate = 'answers' | 'loses the batch' | 'loses the answer' | 'refuses' | 'takes its time';

/** A real log behind a line that fails. */
class FlakyLog extends EventLog {
  readonly fates: Fate[] = [];
  private readonly inner = new MemoryEventLog();
  private lastNumber = 0;

  async append(batch: RecordBatch): Promise<readonly Position[]> {
    const fate = this.fates.shift() ?? 'answers';
    switch (fate) {
      case 'loses the batch':
        throw new Error('the line is gone');
      case 'refuses':
        // Only what is certainly not in the log may be refused.
        if (batch.number === this.lastNumber) break;
        throw new LogUnavailableError('refused', 'full');
      case 'loses the answer':
        await this.accept(batch);
        throw new Error('the line is gone');
      case 'takes its time':
        await new Promise((resolve) => setTimeout(resolve, 700));
        break;
      case 'answers':
        break;
    }
    return this.accept(batch);
  }

  follow(): Promise<LogSubscription> {
    return Promise.reject(new Error('not asked for'));
  }

  read(after: 'oldest', limit: number): Promise<LogRange> {
    return this.inner.read(after, limit);
  }

  saveRevocation(): Promise<void> {
    return Promise.resolve();
  }

  revocations(): Promise<readonly RevocationRecord[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  async users(): Promise<string[]> {
    const range = await this.read('oldest', Number.MAX_SAFE_INTEGER);
    return range.kind === 'records'
      ? range.records.map((record) => (record.body as DisconnectRecord).userId)
      : [];
  }

  private accept(batch: RecordBatch): Promise<readonly Position[]> {
    this.lastNumber = batch.number;
    return this.inner.append(batch);
  }
}

it('over any line: what is accepted is in the log once and in order, what is refused is not in it', async () => {
  const fate = fc.constantFrom<Fate>(
    'answers',
    'loses the batch',
    'loses the answer',
    'refuses',
    'takes its time',
  );
  const appends = fc.record({
    afterMs: fc.constantFrom(0, 0, 1, 40, 400, 900),
    key: fc.constantFrom(undefined, undefined, 'one', 'two'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(appends, { maxLength: 20 }),
      fc.array(fate, { maxLength: 12 }),
      async (steps, fates) => {
        const flaky = new FlakyLog();
        flaky.fates.push(...fates);
        const ours = new LogWriter(flaky, TIMEOUT_MS);
        const calls: { record: NewRecord; key: string | undefined; outcome: string }[] = [];
        for (const [index, { afterMs, key }] of steps.entries()) {
          if (afterMs > 0) await later(afterMs);
          const call = { record: body(`${index}`), key, outcome: 'open' };
          calls.push(call);
          ours.append(call.record, key).then(
            ({ seq }) => (call.outcome = `${seq}`),
            (error: LogUnavailableError) => (call.outcome = error.outcome),
          );
        }
        await later(60_000);
        const users = await flaky.users();
        expect(users).toEqual([...new Set(users)].sort((a, b) => +a - +b));
        for (const [index, { outcome, key }] of calls.entries()) {
          expect(outcome).not.toBe('open');
          if (outcome === 'unknown') continue;
          if (outcome === 'refused') expect(users).not.toContain(`${index}`);
          else if (key === undefined) expect(users[+outcome - 1]).toBe(`${index}`);
          else expect(calls[+users[+outcome - 1]!]!.key).toBe(key);
        }
        ours.close();
      },
    ),
    { numRuns: 150 },
  );
});

describe('whom a refused event was for', () => {
  const REFUSED = new LogUnavailableError('refused', 'the log is full');
  const event = (audience: Audience, durable = true): EventRecord => {
    return { kind: 'event', type: 'MESSAGE', json: '{}', audience, durable };
  };
  const refuse = async (record: NewRecord, key?: string) => {
    const outcome = writer.append(record, key).then(
      () => 'accepted',
      (error: LogUnavailableError) => error.outcome,
    );
    await settled();
    log.last.fail(REFUSED);
    await settled();
    return outcome;
  };
  const refusals = () =>
    log.calls
      .flatMap(({ batch }) => batch.records)
      .filter((record) => record.kind === 'refusal')
      .map(({ audience }) => audience.target);
  const general = toTopic('CHANNEL', 'general');

  it('is said after the next record that the log takes, once however many were refused', async () => {
    for (let count = 0; count < 3; count += 1) expect(await refuse(event(general))).toBe('refused');
    await refuse(event(toUsers(['ann'])));
    append('next');
    await settled();
    log.last.accept();
    await settled();
    expect(refusals()).toEqual([general.target, toUsers(['ann']).target]);
    log.last.accept();
    await later(60_000);
    expect(refusals()).toHaveLength(2);
  });

  it('is said by itself when nothing else goes into the log, again until it is taken', async () => {
    await refuse(event(general));
    await later(1_000);
    expect(refusals()).toHaveLength(1);
    log.last.fail(REFUSED);
    await later(1_000);
    expect(refusals()).toHaveLength(2);
    log.last.accept();
    await later(60_000);
    expect(refusals()).toHaveLength(2);
  });

  it('is not said of what is not durable, nor of memberships, kicks and refreshes', async () => {
    await refuse(event(general, false));
    await refuse(body('ann'));
    await refuse({ kind: 'refresh', what: 'UPDATE_STATUS', audience: toEveryone(), durable: true });
    await later(60_000);
    expect(refusals()).toEqual([]);
  });

  it('is not said when a retry with its key is accepted first, however often that failed', async () => {
    await refuse(event(general), 'key');
    await refuse(event(general), 'key');
    const retry = writer.append(event(general), 'key');
    await settled();
    log.last.accept();
    await retry;
    await later(60_000);
    expect(refusals()).toEqual([]);
  });

  it('is not said when what was unknown proves to be in the log', async () => {
    const outcome = writer.append(event(general)).catch((error: LogUnavailableError) => error.outcome);
    await later(TIMEOUT_MS);
    expect(await outcome).toBe('unknown');
    log.last.accept();
    await later(60_000);
    expect(refusals()).toEqual([]);
  });

  it('is said when what was unknown proves not to be', async () => {
    const outcome = writer.append(event(general)).catch((error: LogUnavailableError) => error.outcome);
    await later(TIMEOUT_MS);
    expect(await outcome).toBe('unknown');
    log.last.fail(REFUSED);
    await later(1_000);
    expect(refusals()).toEqual([general.target]);
  });

  it('is said of what nobody waited for any longer before it was sent', async () => {
    append('in doubt');
    await settled();
    const outcome = writer.append(event(general)).catch((error: LogUnavailableError) => error.outcome);
    await later(TIMEOUT_MS);
    expect(await outcome).toBe('refused');
    log.last.accept();
    await settled();
    expect(refusals()).toEqual([general.target]);
  });

  it('is everyone past a thousand audiences, or a thousand users in one', async () => {
    for (let count = 0; count <= 1_000; count += 1) {
      writer.append(event(toTopic('CHANNEL', `${count}`))).catch(() => undefined);
    }
    for (let batch = 0; batch < 2; batch += 1) {
      await settled();
      log.last.fail(REFUSED);
    }
    await later(1_000);
    expect(refusals()).toEqual([{ kind: 'everyone' }]);
    log.last.accept();
    await settled();
    await refuse(event(toUsers(Array.from({ length: 1_001 }, (_, index) => `${index}`))));
    await later(1_000);
    expect(refusals()).toEqual([{ kind: 'everyone' }, { kind: 'everyone' }]);
  });

  it('dies with the writer', async () => {
    await refuse(event(general));
    writer.close();
    await later(60_000);
    expect(refusals()).toEqual([]);
  });
});

describe('a revocation', () => {
  const revocation: RevocationRecord = { kind: 'revocation', tokenId: 'stolen', until: 1, durable: true };
  const outcomeOf = (revoked: Promise<Position>) =>
    revoked.then(
      () => 'accepted',
      (error: LogUnavailableError) => error.outcome,
    );

  it('is kept before it is appended', async () => {
    let keep = () => undefined as void;
    log.saving = () => new Promise((resolve) => (keep = resolve));
    const outcome = outcomeOf(writer.revoke(revocation));
    await settled();
    expect(log.calls).toEqual([]);
    keep();
    await settled();
    log.last.accept();
    expect(await outcome).toBe('accepted');
  });

  it.each([
    ['refused', new LogUnavailableError('refused', 'the log is full')],
    ['unknown', new Error('the connection is gone')],
  ])('that is not kept is not appended, and %s', async (expected, error) => {
    log.saving = () => Promise.reject(error);
    expect(await outcomeOf(writer.revoke(revocation))).toBe(expected);
    expect(log.calls).toEqual([]);
  });

  it('takes no longer than an emit, wherever it hangs', async () => {
    log.saving = () => new Promise((resolve) => setTimeout(resolve, 600));
    const appending = outcomeOf(writer.revoke(revocation));
    log.saving = () => new Promise(() => undefined);
    const saving = outcomeOf(writer.revoke(revocation));
    await later(TIMEOUT_MS + 1);
    expect(await Promise.all([appending, saving])).toEqual(['unknown', 'unknown']);
  });
});

it('a key lives for a minute from its last use, also behind one that was used again', async () => {
  const first = writer.append(body('a'), 'a').catch((error: LogUnavailableError) => error.outcome);
  await settled();
  log.last.fail(new LogUnavailableError('refused', 'the log is full'));
  expect(await first).toBe('refused');
  const accepted = async (key: string) => {
    const calls = log.calls.length;
    const position = writer.append(body(key), key);
    await settled();
    if (log.calls.length > calls) log.last.accept();
    return position;
  };
  const one = await accepted('b');
  await later(50_000);
  await accepted('a');
  expect(await accepted('b')).toEqual(one);
  await later(50_000);
  expect(await accepted('b')).not.toEqual(one);
});
