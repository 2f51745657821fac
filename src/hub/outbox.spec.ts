import fc from 'fast-check';
import { FakeSocket, fakeConnection } from '../../test/support/fake-connection';
import { Connection } from './connection';
import { textFrame } from './frame';
import { Outbox } from './outbox';

interface Peer {
  readonly socket: FakeSocket;
  readonly connection: Connection;
}

function peers(count: number): Peer[] {
  return Array.from({ length: count }, (_, index) => {
    const socket = new FakeSocket();
    return { socket, connection: fakeConnection(`user ${index}`, socket) };
  });
}

const HELLO = textFrame('hello');
const BYE = textFrame('bye');

describe('Outbox', () => {
  let written: Connection[];
  let outbox: Outbox;
  /** Milliseconds that each look at the clock takes. */
  let perLook: number;

  beforeEach(() => {
    jest.useFakeTimers();
    perLook = 0;
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += perLook));
    written = [];
    outbox = new Outbox((connection) => written.push(connection));
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it('writes to each connection once, what it got in its order', () => {
    const [ann, bob, cid] = peers(3) as [Peer, Peer, Peer];
    outbox.add(ann.connection, HELLO);
    outbox.add(bob.connection, BYE);
    outbox.add(ann.connection, BYE);
    outbox.add(bob.connection, HELLO);
    expect(ann.socket.writes).toEqual([]);
    outbox.flush();
    expect(ann.socket.texts).toEqual(['hello', 'bye']);
    expect(bob.socket.texts).toEqual(['bye', 'hello']);
    expect([ann, bob, cid].map(({ socket }) => socket.writes.length)).toEqual([1, 1, 0]);
    expect(written).toEqual([ann.connection, bob.connection]);
  });

  it('writes the same bytes to all who get the same', () => {
    const all = peers(3);
    for (const frame of [HELLO, BYE]) for (const { connection } of all) outbox.add(connection, frame);
    outbox.flush();
    expect(all[1]!.socket.writes[0]).toBe(all[0]!.socket.writes[0]);
    expect(all[2]!.socket.writes[0]).toBe(all[0]!.socket.writes[0]);
  });

  it('does not write again what it has written', () => {
    const [ann] = peers(1) as [Peer];
    outbox.add(ann.connection, HELLO);
    outbox.flush();
    outbox.flush();
    outbox.add(ann.connection, BYE);
    outbox.flush();
    expect(ann.socket.texts).toEqual(['hello', 'bye']);
  });

  it('lets go of the frames once all are written', () => {
    const [ann] = peers(1) as [Peer];
    const start = outbox['start'];
    outbox.add(ann.connection, HELLO);
    expect(outbox['start']).toBe(start);
    outbox.flush();
    expect(outbox['start']).not.toBe(start);
    expect(outbox['start'].length).toBe(0);
    expect([outbox['waiting'], ann.connection.run]).toEqual([[], undefined]);
  });

  it('stops after its slice, and goes on in the next turn until everyone has his', () => {
    perLook = 11;
    const all = peers(100);
    for (const { connection } of all) outbox.add(connection, HELLO);
    outbox.flush();
    const reached = () => all.filter(({ socket }) => socket.writes.length > 0).length;
    expect(reached()).toBe(32);
    jest.advanceTimersToNextTimer();
    expect(reached()).toBe(64);
    jest.runAllTimers();
    expect(reached()).toBe(100);
    expect(all.every(({ socket }) => socket.texts.join() === 'hello')).toBe(true);
  });

  it('does not stop while there is time', () => {
    perLook = 1;
    const all = peers(200);
    for (const { connection } of all) outbox.add(connection, HELLO);
    outbox.flush();
    expect(all.every(({ socket }) => socket.writes.length === 1)).toBe(true);
  });

  it('lets nothing overtake between two slices', () => {
    perLook = 11;
    const all = peers(100);
    for (const { connection } of all) outbox.add(connection, HELLO);
    outbox.flush();
    for (const { connection } of all) outbox.add(connection, BYE);
    outbox.flush();
    expect(all[0]!.socket.texts).toEqual(['hello']);
    jest.runAllTimers();
    for (const { socket } of all) expect(socket.texts).toEqual(['hello', 'bye']);
    expect(all[99]!.socket.writes).toHaveLength(1);
  });

  it('writes nothing to one that was closed before its slice, but what it had to get went before the close', () => {
    perLook = 11;
    const all = peers(100);
    for (const { connection } of all) outbox.add(connection, HELLO);
    outbox.flush();
    all[99]!.connection.end({ name: 'unauthorized', reason: 'disconnected' });
    expect(all[99]!.socket.texts).toEqual(['hello']);
    expect(all[99]!.socket.closes).toHaveLength(1);
    outbox.add(all[0]!.connection, BYE);
    jest.runAllTimers();
    expect(all[99]!.socket.texts).toEqual(['hello']);
  });

  it('writes no more once it is closed', () => {
    perLook = 11;
    const all = peers(100);
    for (const { connection } of all) outbox.add(connection, HELLO);
    outbox.flush();
    outbox.close();
    outbox.close();
    jest.runAllTimers();
    expect(all.filter(({ socket }) => socket.writes.length > 0)).toHaveLength(32);
  });

  it('brings everyone everything in his order, however adds, flushes and slices come', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 79 }), fc.nat({ max: 79 })) },
      fc.constantFrom('flush' as const, 'turn' as const, 'slow' as const, 'fast' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const frames = ['a', 'b', 'c', 'd'].map((text) => textFrame(text));
        const all = peers(80);
        const expected = all.map((): string[] => []);
        for (const each of steps) {
          if (each === 'flush') outbox.flush();
          else if (each === 'turn') jest.runOnlyPendingTimers();
          else if (each === 'slow' || each === 'fast') perLook = each === 'slow' ? 11 : 0;
          else {
            const [frame, from, to] = each;
            for (let index = Math.min(from, to); index <= Math.max(from, to); index += 1) {
              outbox.add(all[index]!.connection, frames[frame]!);
              expected[index]!.push('abcd'[frame]!);
            }
          }
        }
        outbox.flush();
        jest.runAllTimers();
        expect(all.map(({ socket }) => socket.texts)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });
});
