import assert from 'node:assert/strict';
import { toEveryone, toTopic, toUsers } from '../log/audience';
import { EventLog, LogFollower, LogRange, RecordBatch } from '../log/event-log';
import { Position, comparePositions } from '../log/position';
import { EventRecord, LogRecord, NewRecord, RevocationRecord, TypingRecord } from '../log/records';
import { topic } from '../protocol/topic';

/** Makes a log without records of its own; the case that asked for it closes it. */
export type MakeEventLog = () => EventLog | Promise<EventLog>;

/** One promise of {@link EventLog}, and how to see whether an implementation keeps it. */
export interface ConformanceCase {
  /** A sentence about the log. */
  readonly name: string;
  /** Rejects when the log breaks the promise. A log that never answers makes it hang: the runner's timeout ends it. */
  run(makeLog: MakeEventLog): Promise<void>;
}

/**
 * What every {@link EventLog} must do, for any test runner:
 * `for (const { name, run } of EVENT_LOG_CONFORMANCE) it(name, () => run(() => new MyEventLog()))`.
 */
export const EVENT_LOG_CONFORMANCE: readonly ConformanceCase[] = [
  conformanceCase('keeps revocations until they end, the later end of two', async (log) => {
    const until = Date.now() + 60_000;
    const durable = true;
    const byToken: RevocationRecord = { kind: 'revocation', tokenId: 'a "token"', until, durable };
    const byUser: RevocationRecord = { kind: 'revocation', userId: 'ann', issuedBefore: 5, until, durable };
    const over: RevocationRecord = { kind: 'revocation', tokenId: 'over', until: Date.now() - 1, durable };
    for (const revocation of [byToken, byUser, over]) await log.saveRevocation(revocation);
    await log.saveRevocation({ ...byToken, until: until + 5_000 });
    await log.saveRevocation({ ...byToken, until: until - 5_000 });
    const kept = await log.revocations();
    const endOf = (has: (revocation: RevocationRecord) => boolean) =>
      Math.max(...kept.filter(has).map((revocation) => revocation.until));
    assert.equal(
      endOf((one) => 'tokenId' in one && one.tokenId === 'a "token"'),
      until + 5_000,
    );
    assert.equal(
      endOf((one) => 'userId' in one && one.userId === 'ann' && one.issuedBefore === 5),
      until,
    );
    assert.equal(
      endOf((one) => 'tokenId' in one && one.tokenId === 'over'),
      -Infinity,
    );
  }),

  conformanceCase('gives the records of an epoch contiguous positions', async (log) => {
    const writer = new Writer(log);
    const start = await writer.begin();
    assert.deepEqual(await writer.append('a'), [placeAfter(start, 1)]);
    assert.deepEqual(
      await writer.append('b', 'c', 'd'),
      [2, 3, 4].map((steps) => placeAfter(start, steps)),
    );
    assert.deepEqual(await writer.append('e'), [placeAfter(start, 5)]);
  }),

  conformanceCase('keeps a batch together and in order, however many come at once', async (log) => {
    const start = await new Writer(log).begin();
    const names = Array.from({ length: 8 }, (_, index) => namesOf(`writer ${index}`, 50));
    const places = await Promise.all(names.map((batch) => new Writer(log).append(...batch)));
    for (const batch of places) {
      assert.deepEqual(
        batch,
        batch.map((_, index) => placeAfter(batch[0]!, index)),
      );
    }
    const records = await recordsAfter(log, start);
    assert.equal(records.length, 400);
    for (const [index, batch] of places.entries()) {
      const first = batch[0]!.seq - start.seq - 1;
      assert.deepEqual(records.slice(first, first + 50).map(nameOf), names[index]);
    }
  }),

  conformanceCase('keeps the order of each of several writers', async (log) => {
    const start = await new Writer(log).begin();
    const names = Array.from({ length: 5 }, (_, index) => namesOf(`writer ${index}`, 20));
    const write = async (own: readonly string[]) => {
      const writer = new Writer(log);
      for (const name of own) await writer.append(name);
    };
    await Promise.all(names.map(write));
    const written = (await recordsAfter(log, start)).map(nameOf);
    assert.equal(written.length, 100);
    for (const [index, own] of names.entries()) {
      assert.deepEqual(
        written.filter((name) => name.startsWith(`writer ${index} `)),
        own,
      );
    }
  }),

  conformanceCase(
    'answers a batch that is sent again with its first positions, and appends nothing',
    async (log) => {
      const writer = new Writer(log);
      const start = await writer.begin();
      const batch = writer.batch(event('a'), typing('t'), event('b'));
      const first = await log.append(batch);
      assert.deepEqual(await log.append(batch), first);
      assert.deepEqual(await log.append({ ...batch, records: [...batch.records] }), first);
      const next = writer.batch(event('c'));
      const [once, twice] = await Promise.all([log.append(next), log.append(next)]);
      assert.deepEqual(once, twice);
      assert.deepEqual((await recordsAfter(log, start)).map(nameOf), ['a', 'b', 'c']);
    },
  ),

  conformanceCase('shows followers a batch that is sent again once', async (log) => {
    const writer = new Writer(log);
    await writer.begin();
    const follower = new Recorder();
    await log.follow('now', follower);
    const batch = writer.batch(event('a'), event('b'));
    await log.append(batch);
    await log.append(batch);
    await writer.append('end');
    assert.deepEqual((await follower.until('end')).map(nameOf), ['a', 'b', 'end']);
  }),

  conformanceCase(
    'appends nothing of a batch whose number is lower than the last of its writer',
    async (log) => {
      const writer = new Writer(log);
      const start = await writer.begin();
      const old = writer.batch(event('a'));
      await log.append(old);
      await writer.append('b');
      // Whether such a batch is an error is the log's own matter.
      await log.append(old).catch(() => undefined);
      await log.append({ ...old, records: [event('other content')] }).catch(() => undefined);
      await writer.append('c');
      assert.deepEqual((await recordsAfter(log, start)).map(nameOf), ['a', 'b', 'c']);
    },
  ),

  conformanceCase('takes a number that leaves some out: theirs were refused', async (log) => {
    const writer = new Writer(log);
    const start = await writer.begin();
    writer.batch(event('never sent'));
    writer.batch(event('nor this'));
    assert.deepEqual(await writer.append('a'), [placeAfter(start, 1)]);
  }),

  conformanceCase('keeps writers apart, whatever their numbers', async (log) => {
    const [one, two] = [new Writer(log), new Writer(log)];
    const start = await one.begin();
    await one.append('a');
    await one.append('b');
    await two.append('c');
    assert.deepEqual((await recordsAfter(log, start)).map(nameOf), ['a', 'b', 'c']);
  }),

  conformanceCase('hands out every kind of record as it was appended', async (log) => {
    const writer = new Writer(log);
    await writer.begin();
    const follower = new Recorder();
    const { from } = await log.follow('now', follower);
    await log.append(writer.batch(...everyKind()));
    await writer.append('end');
    const seen = (await follower.until('end')).map(({ body }) => body);
    assert.deepEqual(seen.slice(0, -1), everyKind());
    const read = (await recordsAfter(log, from)).map(({ body }) => body);
    assert.deepEqual(read.slice(0, -1), everyKind());
  }),

  conformanceCase('says of each record when it was accepted, in milliseconds', async (log) => {
    const start = await new Writer(log).begin();
    await new Writer(log).append('a');
    const [record] = await recordsAfter(log, start);
    // The clock may be another machine's: a day apart is no clock.
    assert.ok(Math.abs(record!.at - Date.now()) < 86_400_000, `${record!.at}`);
  }),

  conformanceCase(
    'shows a follower from now on all that comes, in order, and nothing from before',
    async (log) => {
      const writer = new Writer(log);
      await writer.begin();
      const head = (await writer.append('before'))[0]!;
      const follower = new Recorder();
      const { from } = await log.follow('now', follower);
      assert.deepEqual(from, head);
      for (const name of namesOf('a', 20)) await writer.append(name);
      await writer.append(...namesOf('b', 20), 'end');
      const records = await follower.until('end');
      assert.deepEqual(records.map(nameOf), [...namesOf('a', 20), ...namesOf('b', 20), 'end']);
      assertContiguous(from, records);
      assert.deepEqual(follower.breaks, []);
    },
  ),

  conformanceCase(
    'shows a follower from a position what it missed and what comes, without a seam',
    async (log) => {
      const writer = new Writer(log);
      const start = await writer.begin();
      const places = await writer.append(...namesOf('a', 10));
      const follower = new Recorder();
      const appending = writer.append(...namesOf('b', 10));
      const { from } = await log.follow(places[3]!, follower);
      await appending;
      await writer.append('end');
      assert.deepEqual(from, places[3]);
      const records = await follower.until('end');
      assert.deepEqual(records.map(nameOf), [...namesOf('a', 10).slice(4), ...namesOf('b', 10), 'end']);
      assertContiguous(from, records);

      const fromStart = new Recorder();
      await log.follow(start, fromStart);
      assert.equal((await fromStart.until('end')).length, 21);
      assert.deepEqual([...follower.breaks, ...fromStart.breaks], []);
    },
  ),

  conformanceCase('shows a follower from the head nothing until something comes', async (log) => {
    const writer = new Writer(log);
    const head = await writer.begin();
    const follower = new Recorder();
    const { from } = await log.follow(head, follower);
    assert.deepEqual(from, head);
    await writer.append('end');
    assert.deepEqual((await follower.until('end')).map(nameOf), ['end']);
  }),

  conformanceCase('shows all followers the same records at the same positions', async (log) => {
    const start = await new Writer(log).begin();
    const followers = [new Recorder(), new Recorder(), new Recorder()];
    await log.follow('now', followers[0]!);
    await Promise.all(namesOf('a', 10).map((name) => new Writer(log).append(name)));
    await log.follow(start, followers[1]!);
    await Promise.all(namesOf('b', 10).map((name) => new Writer(log).append(name)));
    await log.follow(start, followers[2]!);
    await new Writer(log).append('end');
    const seen = await Promise.all(followers.map((follower) => follower.until('end')));
    assert.equal(seen[0]!.length, 21);
    assert.deepEqual(seen[1], seen[0]);
    assert.deepEqual(seen[2], seen[0]);
    assert.deepEqual(await recordsAfter(log, start), seen[0]);
  }),

  conformanceCase(
    'gives a record that is not durable the head’s position, and leaves no gap for it',
    async (log) => {
      const writer = new Writer(log);
      const start = await writer.begin();
      const follower = new Recorder();
      await log.follow('now', follower);
      const batch = writer.batch(typing('t1'), event('a'), typing('t2'), typing('t3'), event('b'));
      const [one, two] = [placeAfter(start, 1), placeAfter(start, 2)];
      assert.deepEqual(await log.append(batch), [start, one, one, one, two]);
      assert.deepEqual(await log.append(writer.batch(typing('t4'))), [two]);
      await writer.append('end');
      await follower.until('t4');
      const records = await follower.until('end');
      const durable = records.filter(({ body }) => body.durable);
      assert.deepEqual(durable.map(nameOf), ['a', 'b', 'end']);
      assertContiguous(start, durable);
      // It may come through another channel than the durable ones: only its own place is promised.
      const fleeting = records.filter(({ body }) => !body.durable);
      assert.deepEqual(
        fleeting.map((record) => [nameOf(record), record.position]),
        [
          ['t1', start],
          ['t2', one],
          ['t3', one],
          ['t4', two],
        ],
      );
    },
  ),

  conformanceCase('reads durable records only: another is worth nothing a moment later', async (log) => {
    const writer = new Writer(log);
    const start = await writer.begin();
    await log.append(writer.batch(typing('t1'), event('a'), typing('t2'), event('b')));
    const records = await recordsAfter(log, start);
    assert.deepEqual(records.map(nameOf), ['a', 'b']);
    assertContiguous(start, records);
  }),

  conformanceCase('reads after a position, from the oldest on, and no more than the limit', async (log) => {
    const writer = new Writer(log);
    await writer.begin();
    const places = await writer.append(...namesOf('a', 10));
    const head = places.at(-1)!;
    const names = async (after: Position | 'oldest', limit: number) => {
      const range = held(await log.read(after, limit));
      assert.deepEqual(range.head, head);
      return range.records.map(nameOf);
    };
    assert.deepEqual(await names(places[3]!, 1_000), namesOf('a', 10).slice(4));
    assert.deepEqual(await names(places[3]!, 2), namesOf('a', 10).slice(4, 6));
    assert.deepEqual(await names(head, 1_000), []);
    assert.deepEqual((await names('oldest', 1_000)).slice(-10), namesOf('a', 10));
    const all = held(await log.read('oldest', 1_000)).records;
    assert.deepEqual(held(await log.read('oldest', 3)).records, all.slice(0, 3));
    assertContiguous(placeAfter(all[0]!.position, -1), all);
  }),

  conformanceCase('reads on where a read ended, until the head', async (log) => {
    const writer = new Writer(log);
    const start = await writer.begin();
    await writer.append(...namesOf('a', 25));
    const names: string[] = [];
    let place = start;
    for (;;) {
      const { records, head } = held(await log.read(place, 10));
      names.push(...records.map(nameOf));
      place = records.at(-1)?.position ?? place;
      if (comparePositions(place, head) === 0) break;
    }
    assert.deepEqual(names, namesOf('a', 25));
  }),

  conformanceCase('says `lost` of a position in another epoch, and where the head is', async (log) => {
    const writer = new Writer(log);
    await writer.begin();
    const head = (await writer.append('a', 'b')).at(-1)!;
    for (const epoch of [head.epoch - 1_000, 1]) {
      assert.deepEqual(await log.read({ epoch, seq: 1 }, 10), { kind: 'lost', head });
    }
  }),

  conformanceCase('tells a follower from another epoch of the break, and goes on after it', async (log) => {
    const writer = new Writer(log);
    const head = await writer.begin();
    const follower = new Recorder();
    const { from } = await log.follow({ epoch: head.epoch - 1_000, seq: 1 }, follower);
    const next = await follower.untilBreak();
    assert.deepEqual(from, next);
    await writer.append('a');
    await writer.append('end');
    const records = await follower.until('end');
    assert.equal(follower.breaks.length, 1);
    assert.deepEqual(records.map(nameOf).slice(-2), ['a', 'end']);
    assertContiguous(next, records);
  }),

  conformanceCase('calls nobody back whose subscription is closed, and others as before', async (log) => {
    const writer = new Writer(log);
    await writer.begin();
    const [closed, other] = [new Recorder(), new Recorder()];
    const subscription = await log.follow('now', closed);
    await log.follow('now', other);
    await writer.append('a');
    await closed.until('a');
    subscription.close();
    subscription.close();
    await writer.append('b');
    await writer.append('end');
    assert.deepEqual((await other.until('end')).map(nameOf), ['a', 'b', 'end']);
    assert.deepEqual(closed.records.map(nameOf), ['a']);
  }),

  conformanceCase(
    'calls nobody back who closes while records are on their way, or in a callback',
    async (log) => {
      const writer = new Writer(log);
      await writer.begin();
      const [early, within, other] = [new Recorder(), new Recorder(), new Recorder()];
      const subscription = await log.follow('now', early);
      const own = await log.follow('now', within);
      within.onEach = () => own.close();
      await log.follow('now', other);
      const appending = writer.append('a');
      subscription.close();
      await appending;
      await other.until('a');
      await within.until('a');
      await writer.append('end');
      await other.until('end');
      assert.deepEqual(early.records.map(nameOf), []);
      assert.deepEqual(within.records.map(nameOf), ['a']);
    },
  ),

  conformanceCase('closes twice, calls nobody back after it, and refuses what comes later', async (log) => {
    const writer = new Writer(log);
    const start = await writer.begin();
    const follower = new Recorder();
    const subscription = await log.follow('now', follower);
    await writer.append('a');
    await log.close();
    const seen = follower.records.length;
    await log.close();
    const late = [
      () => log.append(writer.batch(event('late'))),
      () => log.follow('now', new Recorder()),
      () => log.follow(start, new Recorder()),
      () => log.read('oldest', 10),
    ];
    for (const call of late) await assert.rejects(call, { name: 'LogUnavailableError', outcome: 'refused' });
    // Turns enough for what was on its way.
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    assert.equal(follower.records.length, seen);
    subscription.close();
  }),

  conformanceCase('closes though nothing was ever asked of it', async (log) => {
    await log.close();
    await log.close();
  }),
];

function conformanceCase(name: string, check: (log: EventLog) => Promise<void>): ConformanceCase {
  return {
    name,
    async run(makeLog) {
      const log = await makeLog();
      try {
        await check(log);
      } finally {
        await log.close();
      }
    },
  };
}

let writers = 0;

/** One writer as a node has one: an id of its own, and numbers that grow. */
class Writer {
  private readonly id = `conformance-${process.pid}-${Date.now()}-${(writers += 1)}`;
  private number = 0;

  constructor(private readonly log: EventLog) {}

  batch(...records: NewRecord[]): RecordBatch {
    this.number += 1;
    return { writerId: this.id, number: this.number, records };
  }

  append(...names: string[]): Promise<readonly Position[]> {
    return this.log.append(this.batch(...names.map(event)));
  }

  /** The place of a first record: a log may begin its epoch with records of its own. */
  async begin(): Promise<Position> {
    const [place] = await this.append('begin');
    assert.ok(Number.isSafeInteger(place!.epoch) && Number.isSafeInteger(place!.seq) && place!.seq >= 1);
    return place!;
  }
}

/** A follower that keeps what it is told. */
class Recorder implements LogFollower {
  readonly records: LogRecord[] = [];
  readonly breaks: Position[] = [];
  onEach: () => void = () => undefined;
  private wake: (() => void)[] = [];

  onRecords(records: readonly LogRecord[]): void {
    this.records.push(...records);
    this.onEach();
    this.wakeAll();
  }

  onBreak(next: Position): void {
    this.breaks.push(next);
    this.wakeAll();
  }

  /** All records so far, once the one of that name is among them. */
  async until(name: string): Promise<readonly LogRecord[]> {
    await this.when(() => this.records.some((record) => nameOf(record) === name));
    return [...this.records];
  }

  async untilBreak(): Promise<Position> {
    await this.when(() => this.breaks.length > 0);
    return this.breaks[0]!;
  }

  private async when(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.wake.push(resolve));
  }

  private wakeAll(): void {
    for (const wake of this.wake.splice(0)) wake();
  }
}

function event(name: string): EventRecord {
  return {
    kind: 'event',
    type: 'MESSAGE',
    json: JSON.stringify({ id: name }),
    audience: toEveryone(),
    durable: true,
  };
}

function typing(name: string): TypingRecord {
  return {
    kind: 'typing',
    json: JSON.stringify({ id: name }),
    audience: toTopic('CHANNEL', 'one'),
    author: 'ann',
    topic: topic('CHANNEL', 'one'),
    durable: false,
  };
}

/** Every kind of durable record in every form, with what a careless encoding would lose. */
function everyKind(): NewRecord[] {
  return [...everyEvent(), ...everyOther()];
}

function everyEvent(): NewRecord[] {
  const [kind, durable] = ['event', true] as const;
  const json = JSON.stringify({ text: 'é한👋\u0000\u2028\\"'.repeat(10_000) });
  const own = { kind, type: 'OWN', json: '{}', durable } as const;
  return [
    {
      ...own,
      type: 'MESSAGE',
      audience: toTopic('A', 'b'),
      author: 'ann',
      topic: topic('A', 'b'),
      subject: '1',
    },
    { ...own, json, audience: toEveryone().except(['__proto__', '한 👋']) },
    { ...own, audience: toUsers(['ann', '__proto__']).except('ben') },
    { ...own, audience: toUsers([]) },
    { kind: 'refresh', what: 'UPDATE_STATUS', audience: toEveryone(), durable },
    { kind: 'refresh', what: 'UPDATE_USERS', audience: toUsers('ann'), actor: 'ann', durable },
  ];
}

function everyOther(): NewRecord[] {
  const durable = true;
  const one = topic('CHANNEL', 'one:with "all" sorts \\ of\u0000 한 👋 \u2028');
  const issuedBefore = 1_725_890_771_251;
  return [
    { kind: 'membership', change: 'changed', userIds: ['ann', '__proto__', '한 👋'], durable },
    { kind: 'membership', change: 'joined', userIds: ['ann'], topic: one, durable },
    { kind: 'membership', change: 'left', userIds: [], topic: one, durable },
    { kind: 'membership', change: 'closed', topic: one, durable },
    { kind: 'disconnect', userId: 'ann', durable },
    { kind: 'revocation', tokenId: 'a token', until: issuedBefore, durable },
    { kind: 'revocation', userId: 'ann', issuedBefore, until: 8_640_000_000_000_000, durable },
    { kind: 'refusal', audience: toTopic('CHANNEL', 'one').except('ann'), durable },
  ];
}

function nameOf({ body }: LogRecord): string {
  return 'json' in body ? String((JSON.parse(body.json) as { id?: unknown }).id) : body.kind;
}

function namesOf(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index}`);
}

function placeAfter({ epoch, seq }: Position, steps: number): Position {
  return { epoch, seq: seq + steps };
}

function held(range: LogRange): Extract<LogRange, { kind: 'records' }> {
  assert.equal(range.kind, 'records');
  return range;
}

async function recordsAfter(log: EventLog, place: Position): Promise<readonly LogRecord[]> {
  return held(await log.read(place, 1_000)).records;
}

function assertContiguous(before: Position, records: readonly LogRecord[]): void {
  assert.deepEqual(
    records.map(({ position }) => position),
    records.map((_, index) => placeAfter(before, index + 1)),
  );
}
