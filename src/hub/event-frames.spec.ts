import { toEveryone } from '../log/audience';
import { EventRecord, LogRecord } from '../log/records';
import { EventFrames } from './event-frames';

const KEPT = 8_388_608;

function event(json: string, durable = true): LogRecord<EventRecord> {
  return {
    position: { epoch: 5, seq: 7 },
    at: 0,
    body: { kind: 'event', type: 'X', json, audience: toEveryone(), durable },
  };
}

const textOf = (frame: Buffer) => frame.toString('utf8', frame[1]! < 126 ? 2 : frame[1] === 126 ? 4 : 10);

describe('EventFrames', () => {
  it('makes two frames of an event, once each', () => {
    const frames = new EventFrames();
    const record = event('{"n":1}');
    expect(textOf(frames.plain(record))).toBe('{"n":1}');
    expect(textOf(frames.resumable(record))).toBe('{"n":1,"cursor":"5-7"}');
    expect(frames.plain(record)).toBe(frames.plain(record));
    expect(frames.resumable(record)).toBe(frames.resumable(record));
  });

  it('makes one of what is not durable', () => {
    const frames = new EventFrames();
    const record = event('{"n":1}', false);
    expect(frames.resumable(record)).toBe(frames.plain(record));
  });

  it('keeps what was asked for last, within its bound, and makes the rest again', () => {
    const frames = new EventFrames();
    const records = Array.from({ length: 60 }, (_, n) => event(`{"n":${n},"x":"${'x'.repeat(500_000)}"}`));
    const first = frames.plain(records[0]!);
    for (const record of records) {
      expect(frames.plain(records[0]!)).toBe(first);
      frames.plain(record);
      frames.resumable(record);
      expect(bytesOf(frames)).toBeLessThanOrEqual(KEPT + 1_100_000);
    }
    const again = frames.plain(records[1]!);
    expect(textOf(again)).toBe(records[1]!.body.json);
  });

  it('makes a frame that is larger than its bound, and lets go of it soon', () => {
    const frames = new EventFrames();
    const record = event(`{"x":"${'x'.repeat(KEPT)}"}`);
    expect(frames.plain(record).length).toBeGreaterThan(KEPT);
    for (let n = 0; n < 20; n += 1) frames.plain(event(`{"n":${n},"x":"${'x'.repeat(500_000)}"}`));
    expect(bytesOf(frames)).toBeLessThanOrEqual(KEPT);
  });
});

function bytesOf(frames: EventFrames): number {
  const kept = new Set([...frames['young'].values(), ...frames['old'].values()]);
  return [...kept].reduce(
    (sum, { plain, resumable }) => sum + (plain?.length ?? 0) + (resumable?.length ?? 0),
    0,
  );
}
