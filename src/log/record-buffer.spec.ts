import * as fc from 'fast-check';
import { Position } from './position';
import { RecordBuffer } from './record-buffer';
import { EventRecord, LogRecord } from './records';
import { toEveryone } from './audience';

const EPOCH = 7;
/** What a record weighs beside its text. */
const OVERHEAD = 256;

function record(seq: number, at: number, textLength: number, epoch = EPOCH): LogRecord<EventRecord> {
  const body: EventRecord = {
    kind: 'event',
    type: 'MESSAGE',
    json: 'x'.repeat(textLength),
    audience: toEveryone(),
    durable: true,
  };
  return { position: { epoch, seq }, at, body };
}

/** All that the buffer promises, in the plainest way. */
class Model {
  held: LogRecord<EventRecord>[] = [];

  constructor(
    readonly maxMs: number,
    readonly maxBytes: number,
    public before: Position,
  ) {}

  push(added: LogRecord<EventRecord>): void {
    this.held.push(added);
    const weight = () => this.held.reduce((sum, { body }) => sum + OVERHEAD + 2 * body.json.length, 0);
    while (this.held.length > 0 && (weight() > this.maxBytes || this.held[0]!.at < added.at - this.maxMs))
      this.drop();
  }

  after(place: Position): LogRecord[] | undefined {
    if (place.epoch !== this.before.epoch || place.seq < this.before.seq) return undefined;
    return this.held.filter(({ position }) => position.seq > place.seq);
  }

  dropUntil(seq: number): void {
    while (this.held.length > 0 && this.held[0]!.position.seq <= seq) this.drop();
  }

  restart(start: Position): void {
    this.held = [];
    this.before = start;
  }

  private drop(): void {
    this.before = this.held.shift()!.position;
  }
}

type Step =
  | { readonly kind: 'push'; readonly count: number; readonly textLength: number; readonly laterMs: number }
  | { readonly kind: 'dropUntil' | 'look'; readonly offset: number }
  | { readonly kind: 'restart'; readonly sameEpoch: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      count: fc.integer({ min: 1, max: 700 }),
      textLength: fc.integer({ min: 0, max: 2_000 }),
      laterMs: fc.integer({ min: 0, max: 60 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('dropUntil' as const, 'look' as const),
      offset: fc.integer({ min: -20, max: 1_500 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), sameEpoch: fc.boolean() }) },
);

it('does what the model does, whatever comes in whatever order', () => {
  const bounds = fc.record({
    maxMs: fc.constantFrom(0, 50, 1_000_000),
    maxBytes: fc.constantFrom(0, 300, 20_000, 100_000_000),
  });
  fc.assert(
    fc.property(bounds, fc.array(step, { maxLength: 25 }), ({ maxMs, maxBytes }, steps) => {
      let head: Position = { epoch: EPOCH, seq: 10 };
      let at = 1_000;
      const buffer = new RecordBuffer(maxMs, maxBytes, head);
      const model = new Model(maxMs, maxBytes, head);
      for (const taken of steps) {
        switch (taken.kind) {
          case 'push':
            at += taken.laterMs;
            for (let count = 0; count < taken.count; count += 1) {
              head = { epoch: head.epoch, seq: head.seq + 1 };
              const added = record(head.seq, at, taken.textLength, head.epoch);
              buffer.push(added);
              model.push(added);
            }
            break;
          case 'dropUntil': {
            const place = { epoch: head.epoch, seq: model.before.seq + taken.offset };
            buffer.dropUntil(place);
            model.dropUntil(place.seq);
            break;
          }
          case 'look': {
            const place = { epoch: head.epoch, seq: model.before.seq + taken.offset };
            expect(buffer.after(place)).toEqual(model.after(place));
            break;
          }
          case 'restart':
            head = { epoch: head.epoch + (taken.sameEpoch ? 0 : 1), seq: head.seq + 5 };
            buffer.restart(head);
            model.restart(head);
            break;
        }
        expect(buffer.size).toBe(model.held.length);
        expect(buffer.oldest).toEqual(model.before);
      }
      expect(buffer.after(buffer.oldest)).toEqual(model.held);
      expect(buffer.after(head)).toEqual(model.held.filter(({ position }) => position.seq > head.seq));
    }),
    { numRuns: 150 },
  );
});

it('keeps nothing of a record that is heavier than all it may hold, and says from where on it is whole', () => {
  const buffer = new RecordBuffer(1_000, 1_000, { epoch: EPOCH, seq: 0 });
  buffer.push(record(1, 0, 10));
  buffer.push(record(2, 0, 2_000));
  expect(buffer.size).toBe(0);
  expect(buffer.oldest).toEqual({ epoch: EPOCH, seq: 2 });
  expect(buffer.after({ epoch: EPOCH, seq: 1 })).toBeUndefined();
  expect(buffer.after({ epoch: EPOCH, seq: 2 })).toEqual([]);
});

it('knows nothing of another epoch, whatever the number', () => {
  const buffer = new RecordBuffer(1_000, 10_000, { epoch: EPOCH, seq: 0 });
  buffer.push(record(1, 0, 10));
  expect(buffer.after({ epoch: EPOCH - 1, seq: 0 })).toBeUndefined();
  expect(buffer.after({ epoch: EPOCH + 1, seq: 0 })).toBeUndefined();
});

it('hands out a list of its own', () => {
  const buffer = new RecordBuffer(1_000, 10_000, { epoch: EPOCH, seq: 0 });
  buffer.push(record(1, 0, 10));
  buffer.after({ epoch: EPOCH, seq: 0 })!.length = 0;
  expect(buffer.after({ epoch: EPOCH, seq: 0 })).toHaveLength(1);
});

it('counts the records without text too', () => {
  const buffer = new RecordBuffer(1_000, OVERHEAD * 3, { epoch: EPOCH, seq: 0 });
  for (let seq = 1; seq <= 10; seq += 1)
    buffer.push({
      position: { epoch: EPOCH, seq },
      at: 0,
      body: { kind: 'disconnect', userId: 'ann', durable: true },
    });
  expect(buffer.size).toBe(3);
});

it('lets go of what it has dropped, though it drops in front of a list', () => {
  const buffer = new RecordBuffer(1_000, OVERHEAD * 10, { epoch: EPOCH, seq: 0 });
  const seqs = Array.from({ length: 5_000 }, (_, index) => index + 1);
  for (const seq of seqs) buffer.push(record(seq, 0, 0));
  expect(buffer.size).toBe(10);
  expect(buffer.after(buffer.oldest)!.map(({ position }) => position.seq)).toEqual(seqs.slice(-10));
  const { records } = buffer as unknown as { records: unknown[] };
  expect(records.length).toBeLessThan(2_100);
});
