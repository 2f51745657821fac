import fc from 'fast-check';
import { toEveryone } from '../log/audience';
import { LogRecord } from '../log/records';
import { Place, Window } from './window';

const audience = toEveryone();
const MIB = 1_048_576;

function record(seq: number, { at = 0, durable = true, json = '{}', epoch = 1 } = {}): LogRecord {
  return { position: { epoch, seq }, at, body: { kind: 'event', type: 'X', json, audience, durable } };
}

function windowOf(maxMs = 1_000, maxBytes = MIB, keepsPast = false): Window {
  return new Window({ maxMs, maxBytes, keepsPast }, { epoch: 1, seq: 0 });
}

/** What the window has after a place for anybody, or undefined when it has lost some of it. */
function since(window: Window, { position }: Place): readonly LogRecord[] | undefined {
  return window.covers(position) ? window.missedBy('ann', [], position) : undefined;
}

const seqsOf = (records: readonly LogRecord[] | undefined) => records?.map(({ position }) => position.seq);

describe('Window', () => {
  it('has everything after each place that was taken, until it is released', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant('push' as const) },
      fc.constant('push, not durable' as const),
      fc.constant('take' as const),
      fc.nat({ max: 9 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const window = windowOf();
        let head = 0;
        const taken: { place: Place; from: number }[] = [];
        for (const each of steps) {
          if (each === 'push') window.push(record((head += 1)));
          else if (each === 'push, not durable') window.push(record(head, { durable: false }));
          else if (each === 'take') taken.push({ place: window.take(), from: head });
          else taken.splice(each, 1).forEach(({ place }) => window.release(place));
          expect(window.head).toEqual({ epoch: 1, seq: head });
          for (const { place, from } of taken) {
            const expected = Array.from({ length: head - from }, (_, index) => from + 1 + index);
            expect(seqsOf(since(window, place))).toEqual(expected);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('holds nothing while nobody is behind', () => {
    const window = windowOf();
    const held = () => window['buffer'].size;
    window.push(record(1));
    expect(held()).toBe(0);
    const places = [window.take(), window.take()];
    for (let seq = 2; seq <= 5; seq += 1) window.push(record(seq));
    expect(held()).toBe(4);
    const later = window.take();
    window.push(record(6));
    window.release(places[0]!);
    expect(held()).toBe(5);
    window.release(places[1]!);
    expect(held()).toBe(1);
    window.release(later);
    expect(held()).toBe(0);
  });

  it('can release a place twice, and that touches nobody else’s', () => {
    const window = windowOf();
    const [first, second] = [window.take(), window.take()];
    window.push(record(1));
    window.release(first);
    window.release(first);
    expect(seqsOf(since(window, second))).toEqual([1]);
  });

  it('says that it has lost what its bytes could not hold, and goes on', () => {
    const window = windowOf(1_000, 2_000);
    const old = window.take();
    for (let seq = 1; seq <= 3; seq += 1) window.push(record(seq, { json: 'x'.repeat(700) }));
    expect(since(window, old)).toBeUndefined();
    const fresh = window.take();
    window.push(record(4));
    expect(seqsOf(since(window, fresh))).toEqual([4]);
  });

  it('says that it has lost what is older than its bound', () => {
    const window = windowOf(1_000);
    const old = window.take();
    window.push(record(1, { at: 0 }));
    const middle = window.take();
    window.push(record(2, { at: 1_000 }));
    expect(seqsOf(since(window, old))).toEqual([1, 2]);
    window.push(record(3, { at: 1_001 }));
    expect(since(window, old)).toBeUndefined();
    expect(seqsOf(since(window, middle))).toEqual([2, 3]);
  });

  it('has lost nothing for a place at its head, whatever it has dropped', () => {
    const window = windowOf(1_000, 300);
    window.push(record(1, { json: 'x'.repeat(700) }));
    const place = window.take();
    expect(since(window, place)).toEqual([]);
  });

  it('has lost everything before a break', () => {
    const window = windowOf();
    const before = window.take();
    window.push(record(1));
    window.restart({ epoch: 2, seq: 7 });
    expect(since(window, before)).toBeUndefined();
    const after = window.take();
    window.push(record(8, { epoch: 2 }));
    expect(since(window, before)).toBeUndefined();
    expect(seqsOf(since(window, after))).toEqual([8]);
  });

  it('keeps what comes after a break for those who came after it, though someone older is still there', () => {
    const window = windowOf();
    for (let seq = 1; seq <= 100; seq += 1) window.push(record(seq));
    const [older, old] = [window.take(), window.take()];
    window.restart({ epoch: 2, seq: 0 });
    const fresh = window.take();
    window.push(record(1, { epoch: 2 }));
    window.release(older);
    expect(since(window, old)).toBeUndefined();
    expect(seqsOf(since(window, fresh))).toEqual([1]);
  });
});
