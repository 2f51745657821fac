import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { WebSocket } from 'ws';
import { Close } from '../protocol/close-codes';
import { Heartbeat } from './heartbeat';
import { LiveSocket } from './live-socket';

/** The far end of a ws socket: it counts pings, and answers them when it is told. */
class Peer extends EventEmitter {
  readonly readyState = 1;
  pings = 0;
  answers = true;

  ping(): void {
    this.pings += 1;
    if (this.answers) queueMicrotask(() => this.emit('pong'));
  }
}

const OPTIONS = { intervalMs: 25_000, timeoutMs: 10_000 };

const OWNER = { onBeat: () => undefined, onStep: () => undefined };

describe('the heartbeat', () => {
  let heartbeat: Heartbeat;
  const closes: Close[] = [];
  /** What the process slept through, in milliseconds: its clock goes on, its timers do not fire. */
  let slept = 0;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    slept = 0;
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + slept);
    closes.length = 0;
    heartbeat = new Heartbeat(OPTIONS, OWNER);
  });

  afterEach(() => {
    heartbeat.close();
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  function add(expiresAt?: number): Peer {
    const peer = new Peer();
    const owner = {
      onEnd: (_: LiveSocket, close: Close) => void closes.push(close),
      onGone: () => undefined,
    };
    heartbeat.add(new LiveSocket(peer as unknown as WebSocket, new PassThrough(), expiresAt, owner));
    return peer;
  }

  it('pings each connection once an interval, from a random moment of the first one on', async () => {
    jest.spyOn(Math, 'random').mockReturnValueOnce(0.1).mockReturnValueOnce(0.9);
    const [early, late] = [add(), add()];
    await jest.advanceTimersByTimeAsync(12_500);
    expect([early.pings, late.pings]).toEqual([1, 0]);
    await jest.advanceTimersByTimeAsync(12_500);
    expect([early.pings, late.pings]).toEqual([1, 1]);
    await jest.advanceTimersByTimeAsync(250_000);
    expect(early.pings).toBeGreaterThanOrEqual(10);
    expect(early.pings).toBeLessThanOrEqual(12);
    expect(closes).toEqual([]);
  });

  it('never pings many in one turn, whose turn has come at once', async () => {
    const peers = Array.from({ length: 100 }, () => add());
    const pings = () => peers.reduce((sum, peer) => sum + peer.pings, 0);
    await jest.advanceTimersByTimeAsync(12_300);
    let before = pings();
    expect(before).toBe(0);
    for (let steps = 0; before < 100; steps += 1) {
      await jest.advanceTimersToNextTimerAsync();
      expect(pings() - before).toBeLessThanOrEqual(20);
      expect(steps).toBeLessThan(12);
      before = pings();
    }
    expect(peers.every((peer) => peer.pings === 1)).toBe(true);
  });

  it('closes a connection whose pong is ten seconds late, and no sooner', async () => {
    add().answers = false;
    await jest.advanceTimersByTimeAsync(12_500 + 9_500);
    expect(closes).toEqual([]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(closes[0]).toEqual({ name: 'timeout', reason: 'no pong' });
  });

  it('counts a late pong, and is patient again after it', async () => {
    const peer = add();
    peer.answers = false;
    await jest.advanceTimersByTimeAsync(12_500 + 9_000);
    peer.emit('pong');
    peer.answers = true;
    await jest.advanceTimersByTimeAsync(100_000);
    expect(closes).toEqual([]);
  });

  it('does not let a later ping put off the first pong that is due', async () => {
    heartbeat.close();
    heartbeat = new Heartbeat({ intervalMs: 4_000, timeoutMs: 10_000 }, OWNER);
    const peer = add();
    peer.answers = false;
    await jest.advanceTimersByTimeAsync(13_000);
    expect(peer.pings).toBeGreaterThan(1);
    expect(closes[0]).toEqual({ name: 'timeout', reason: 'no pong' });
  });

  it.each([30_000, 3_600_000])(
    'does not hold against a pong that the process itself slept for %i ms',
    async (ms) => {
      const peer = add();
      peer.answers = false;
      await jest.advanceTimersByTimeAsync(13_000);
      expect(peer.pings).toBe(1);
      slept += ms;
      // The first look comes before the pong, which waits in the kernel, is read.
      await jest.advanceTimersByTimeAsync(500);
      expect(closes).toEqual([]);
      peer.emit('pong');
      await jest.advanceTimersByTimeAsync(9_000);
      expect(closes).toEqual([]);
    },
  );

  it('does not forgive a dead link for ever, however often the process sleeps', async () => {
    add().answers = false;
    for (let nap = 0; nap < 60; nap += 1) {
      slept += 5_000;
      await jest.advanceTimersByTimeAsync(500);
    }
    expect(closes[0]).toEqual({ name: 'timeout', reason: 'no pong' });
  });

  it('closes a connection at the exp of its token, at most a second late, also after a sleep', async () => {
    add(Date.now() + 60_000);
    await jest.advanceTimersByTimeAsync(59_999);
    expect(closes).toEqual([]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(closes[0]).toEqual({ name: 'unauthorized', reason: 'token expired' });
    closes.length = 0;
    add(Date.now() + 3_600_000);
    jest.setSystemTime(Date.now() + 3_600_000);
    await jest.advanceTimersByTimeAsync(500);
    expect(closes.at(-1)).toEqual({ name: 'unauthorized', reason: 'token expired' });
  });

  it('leaves a connection alone whose token expires beyond what a timer can hold', async () => {
    add(Date.now() + 2 ** 31 + 60_000);
    add(8.64e15);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(closes).toEqual([]);
  });

  it('forgets a connection that is gone, and everything when it is closed, twice too', async () => {
    const peer = new Peer();
    const owner = { onEnd: () => undefined, onGone: () => undefined };
    const socket = new LiveSocket(peer as unknown as WebSocket, new PassThrough(), undefined, owner);
    heartbeat.add(socket);
    heartbeat.delete(socket);
    const other = add();
    heartbeat.close();
    heartbeat.close();
    await jest.advanceTimersByTimeAsync(100_000);
    expect([peer.pings, other.pings]).toEqual([0, 0]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
