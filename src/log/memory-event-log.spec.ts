import { toEveryone } from './audience';
import { RecordBatch } from './event-log';
import { MemoryEventLog } from './memory-event-log';
import { Position } from './position';
import { LogRecord, NewRecord } from './records';

const WRITER = { writerId: 'w' };
let number = 0;

function batch(count: number, textLength = 10): RecordBatch {
  const record: NewRecord = {
    kind: 'event',
    type: 'MESSAGE',
    json: 'x'.repeat(textLength),
    audience: toEveryone(),
    durable: true,
  };
  number += 1;
  return { ...WRITER, number, records: Array<NewRecord>(count).fill(record) };
}

/** A follower that keeps how many records each call brought. */
function counting() {
  const calls: number[] = [];
  const breaks: Position[] = [];
  return {
    calls,
    breaks,
    onRecords: (records: readonly LogRecord[]) => calls.push(records.length),
    onBreak: (next: Position) => breaks.push(next),
  };
}

afterEach(() => jest.useRealTimers());

const turn = () => new Promise(setImmediate);

it('hands a follower all that was appended in a turn of the event loop in one call', async () => {
  const log = new MemoryEventLog();
  const follower = counting();
  await log.follow('now', follower);
  await Promise.all([log.append(batch(2)), log.append(batch(3))]);
  await log.append(batch(4));
  expect(follower.calls).toEqual([]);
  await turn();
  expect(follower.calls).toEqual([9]);
  await log.append(batch(1));
  await turn();
  expect(follower.calls).toEqual([9, 1]);
  await log.close();
});

it('says what it does not hold any more is lost, by bytes', async () => {
  const log = new MemoryEventLog({ maxBytes: 20_000 });
  const places = await log.append(batch(5, 4_000));
  const head = places[4]!;
  expect(await log.read(places[1]!, 10)).toEqual({ kind: 'lost', head });
  expect(await log.read(places[2]!, 10)).toMatchObject({
    kind: 'records',
    records: [{ position: places[3] }, { position: places[4] }],
  });
  expect(await log.read('oldest', 10)).toMatchObject({ records: [{ position: places[3] }, {}] });
  const follower = counting();
  const { from } = await log.follow(places[1]!, follower);
  expect(follower.breaks).toEqual([head]);
  expect(from).toEqual(head);
  await log.append(batch(1));
  await turn();
  expect(follower.calls).toEqual([1]);
  await log.close();
});

it('says what it does not hold any more is lost, by age', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  const log = new MemoryEventLog({ maxMs: 1_000 });
  const [first] = await log.append(batch(1));
  jest.advanceTimersByTime(1_000);
  const [second] = await log.append(batch(1));
  const before = { ...first!, seq: first!.seq - 1 };
  expect(await log.read(before, 10)).toMatchObject({ kind: 'records', records: [{}, {}] });
  jest.advanceTimersByTime(1);
  const [third] = await log.append(batch(1));
  expect(await log.read(before, 10)).toEqual({ kind: 'lost', head: third });
  expect(await log.read(first!, 10)).toMatchObject({ records: [{ position: second }, { position: third }] });
  await log.close();
});

it('calls a follower that another one closes no more', async () => {
  const log = new MemoryEventLog();
  const closed = counting();
  const closer = { onRecords: () => subscription.close(), onBreak: () => undefined };
  await log.follow('now', closer);
  const subscription = await log.follow('now', closed);
  await log.append(batch(1));
  await turn();
  expect(closed.calls).toEqual([]);
  await log.close();
});
