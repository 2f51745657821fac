import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { WebSocket } from 'ws';
import { Close } from '../protocol/close-codes';
import { LiveSocket } from './live-socket';

/** A ws socket whose kernel takes a pong when the test says so. */
class Peer extends EventEmitter {
  readyState = 1;
  readonly pongs: string[] = [];
  private taken: (() => void)[] = [];

  pong(data: Buffer, _mask: boolean, onTaken: () => void): void {
    this.pongs.push(data.toString());
    this.taken.push(onTaken);
  }

  takeOne(): void {
    this.taken.shift()?.();
  }

  sends(frames: number): void {
    for (let count = 0; count < frames; count += 1) this.emit('message', Buffer.alloc(0));
  }
}

function setUp() {
  const closes: Close[] = [];
  const peer = new Peer();
  const socket = new LiveSocket(peer as unknown as WebSocket, new PassThrough(), undefined, {
    onEnd: (_, close) => void closes.push(close),
    onGone: () => undefined,
  });
  return { closes, peer, socket };
}

describe('data that a client sends', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is borne up to ten frames in any ten seconds', () => {
    const { closes, peer } = setUp();
    peer.sends(10);
    jest.advanceTimersByTime(10_000);
    peer.sends(5);
    jest.advanceTimersByTime(5_000);
    peer.sends(5);
    expect(closes).toEqual([]);
    jest.advanceTimersByTime(4_999);
    peer.sends(1);
    expect(closes).toEqual([{ name: 'policyViolation', reason: 'this endpoint only sends' }]);
  });

  it('costs nothing that grows once it is too much', () => {
    const { closes, peer, socket } = setUp();
    peer.sends(1_000);
    expect(closes).toHaveLength(1);
    expect(socket['inboundAt']?.length ?? 0).toBeLessThanOrEqual(11);
  });
});

describe('pings', () => {
  it('are answered one at a time, and of those that come meanwhile the latest', () => {
    const { peer } = setUp();
    for (const words of ['one', 'two', 'three', 'four']) peer.emit('ping', Buffer.from(words));
    expect(peer.pongs).toEqual(['one']);
    peer.takeOne();
    expect(peer.pongs).toEqual(['one', 'four']);
    peer.takeOne();
    peer.emit('ping', Buffer.from('five'));
    expect(peer.pongs).toEqual(['one', 'four', 'five']);
  });

  it('are not answered any more once the socket closes', () => {
    const { peer } = setUp();
    peer.emit('ping', Buffer.from('one'));
    peer.emit('ping', Buffer.from('two'));
    peer.readyState = 2;
    peer.takeOne();
    expect(peer.pongs).toEqual(['one']);
  });
});
