import { toEveryone } from '../audience';
import { EventRecord } from '../records';
import { EPOCH_MARK } from './append-script';
import { encodeRecord } from './record-codec';
import { StreamEntry, textOf } from './stream-entry';
import { StreamReader } from './stream-reader';

const unreadable: string[] = [];
const readerAt = (epoch: number, seq: number) =>
  new StreamReader({ epoch, seq }, '0-0', (why) => unreadable.push(why));
beforeEach(() => (unreadable.length = 0));

function event(name: string, durable = true): EventRecord {
  return { kind: 'event', type: name, json: '{}', audience: toEveryone(), durable };
}

function entry(id: string, name: string, at = 1_000): StreamEntry {
  return [id, ['r', `${at} ${textOf(encodeRecord(event(name)))}`]];
}

function fleeting(id: string, name: string, place: string, at = 1_000): StreamEntry {
  return [id, ['r', `${at} ${textOf(encodeRecord(event(name, false)))}`, 'p', place]];
}

const mark = (epoch: number): StreamEntry => [`${epoch}-0`, ['r', `2000 ${EPOCH_MARK}`]];

/** `'7-1 a'` for a record, `'break 8-0'`. */
function told(reader: StreamReader, durable: StreamEntry[], notDurable: StreamEntry[] = []): string[] {
  return reader.read(durable, notDurable).flatMap((reading) =>
    reading.kind === 'break'
      ? [`break ${reading.next.epoch}-${reading.next.seq}`]
      : reading.records.map(({ position, body }) => {
          return `${position.epoch}-${position.seq} ${body.kind === 'event' ? body.type : body.kind}`;
        }),
  );
}

it('hands out what follows on its place', () => {
  const reader = readerAt(7, 3);
  expect(told(reader, [entry('7-4', 'a'), entry('7-5', 'b')])).toEqual(['7-4 a', '7-5 b']);
  expect(told(reader, [entry('7-6', 'c')])).toEqual(['7-6 c']);
  expect(reader.place).toEqual({ epoch: 7, seq: 6 });
});

it('tells a break where something is missing, in the middle of what it read too', () => {
  expect(told(readerAt(7, 3), [entry('7-4', 'a'), entry('7-6', 'b')])).toEqual([
    '7-4 a',
    'break 7-5',
    '7-6 b',
  ]);
  expect(told(readerAt(7, 3), [entry('7-5', 'a')])).toEqual(['break 7-4', '7-5 a']);
});

it('tells a break where an epoch begins, once', () => {
  expect(told(readerAt(7, 3), [entry('7-4', 'a'), mark(8), entry('8-1', 'b')])).toEqual([
    '7-4 a',
    'break 8-0',
    '8-1 b',
  ]);
  expect(unreadable).toEqual([]);
});

it('tells a break where another epoch goes on whose beginning was trimmed', () => {
  expect(told(readerAt(7, 3), [entry('8-9', 'a'), entry('8-10', 'b')])).toEqual([
    'break 8-8',
    '8-9 a',
    '8-10 b',
  ]);
});

it('tells one for each epoch that came and went unseen', () => {
  expect(told(readerAt(7, 3), [mark(8), mark(9), entry('9-1', 'a')])).toEqual([
    'break 8-0',
    'break 9-0',
    '9-1 a',
  ]);
});

it('trusts nothing behind an id that no log gives', () => {
  expect(() => told(readerAt(7, 3), [entry('18446744073709551615-1', 'a')])).toThrow('not ours');
});

it('puts what is not durable where it was appended', () => {
  const durable = [entry('7-4', 'a'), entry('7-5', 'b')];
  const others = [fleeting('1-0', 'x', '7-3'), fleeting('2-0', 'y', '7-4'), fleeting('2-1', 'z', '7-4')];
  expect(told(readerAt(7, 3), durable, others)).toEqual(['7-3 x', '7-4 a', '7-4 y', '7-4 z', '7-5 b']);
});

it('drops what is not durable and would overtake what was not read yet, and what is old', () => {
  const reader = readerAt(7, 3);
  expect(told(reader, [entry('7-4', 'a', 10_000)], [fleeting('1-0', 'x', '7-6', 10_000)])).toEqual(['7-4 a']);
  const others = [fleeting('2-0', 'old', '7-4', 4_999), fleeting('3-0', 'young', '7-4', 5_000)];
  expect(told(reader, [], others)).toEqual(['7-4 young']);
  expect(reader.fleetingId).toBe('3-0');
});

it('reads the fleeting stream from its beginning where an epoch begins: its ids may have stepped back', () => {
  const reader = readerAt(7, 3);
  told(reader, [mark(8)], [fleeting('99-0', 'x', '7-3')]);
  expect(reader.fleetingId).toBe('0-0');
});
