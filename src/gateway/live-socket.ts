import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { ConnectionSocket } from '../hub/connection-socket';
import { CLOSE_CODES, Close } from '../protocol/close-codes';

/** `WebSocket.OPEN`. The class itself may come from another copy of ws than ours. */
const OPEN = 1;

/** How long a peer has to answer a close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;

/** So many data frames are borne in {@link INBOUND_MS}; the endpoint has no use for any. */
export const MAX_INBOUND_FRAMES = 10;

const INBOUND_MS = 10_000;

const SENT_DATA: Close = { name: 'policyViolation', reason: 'this endpoint only sends' };

/** What a {@link LiveSocket} tells its owner. */
export interface LiveSocketOwner {
  /** It is to be closed, for this reason. */
  onEnd(socket: LiveSocket, close: Close): void;
  /** It is gone. */
  onGone(socket: LiveSocket): void;
}

/**
 * A ws socket that only sends. Frames go straight to the stream of the upgrade request, in one write however many
 * they are; ws sends its control frames whole on the same stream, so that the two keep their order.
 */
export class LiveSocket implements ConnectionSocket {
  writtenBytes = 0;
  /** When it is pinged next, and until when it has to answer, on the heartbeat's clock. */
  pingAt = 0;
  pongDueAt = Number.POSITIVE_INFINITY;
  /** Milliseconds since 1970 at which its token expires. */
  readonly expiresAt: number;
  private inboundAt: number[] | undefined;
  private pong: { held?: Buffer } | undefined;

  constructor(
    private readonly client: WebSocket,
    private readonly stream: Duplex,
    expiresAt: number | undefined,
    private readonly owner: LiveSocketOwner,
  ) {
    this.expiresAt = expiresAt ?? Number.POSITIVE_INFINITY;
    // An adapter may have its own error listener, which would log what any stranger can provoke.
    client.removeAllListeners('error');
    const watched = Object.assign(client, { [LIVE_SOCKET]: this });
    for (const [event, listener] of Object.entries(LISTENERS)) watched.on(event, listener as () => void);
  }

  /** The socket is gone. */
  onClose(): void {
    this.owner.onGone(this);
  }

  /** The peer has answered. */
  onPong(): void {
    this.pongDueAt = Number.POSITIVE_INFINITY;
  }

  get pendingBytes(): number {
    return this.stream.writableLength;
  }

  write(frames: Buffer): void {
    if (this.client.readyState !== OPEN) return;
    this.writtenBytes += frames.length;
    this.stream.write(frames);
  }

  ping(pongDueAt: number): void {
    if (this.client.readyState !== OPEN) return;
    this.pongDueAt = Math.min(this.pongDueAt, pongDueAt);
    this.client.ping();
  }

  close(close: Close): void {
    closeSocket(this.client, close);
  }

  /** Ends it without a word. */
  terminate(): void {
    this.client.terminate();
  }

  /** Asks its owner to close it. */
  endWith(close: Close): void {
    this.owner.onEnd(this, close);
  }

  /** The peer has sent data, which nobody reads. */
  onData(): void {
    const now = performance.now();
    this.inboundAt = (this.inboundAt ?? []).filter((at) => at > now - INBOUND_MS);
    this.inboundAt.push(now);
    if (this.inboundAt.length <= MAX_INBOUND_FRAMES) return;
    this.client.removeAllListeners('message');
    this.endWith(SENT_DATA);
  }

  /** At most one pong is under way, and the latest ping waits for it (RFC 6455, section 5.5.3): nobody can pile them up. */
  onPing(data: Buffer): void {
    if (this.pong) {
      this.pong.held = data;
      return;
    }
    this.pong = {};
    this.client.pong(data, false, () => {
      const held = this.pong?.held;
      this.pong = undefined;
      if (held && this.client.readyState === OPEN) this.onPing(held);
    });
  }
}

/** Sends a close frame, and sees to it that the socket is gone within a second. */
export function closeSocket(client: WebSocket, { name, reason }: Close): void {
  client.close(CLOSE_CODES[name].code, reason);
  const timer = setTimeout(() => client.terminate(), CLOSE_TIMEOUT_MS);
  timer.unref();
  client.once('close', () => clearTimeout(timer));
}

const LIVE_SOCKET = Symbol('live-messages:socket');

type Watched = WebSocket & { readonly [LIVE_SOCKET]: LiveSocket };

/** The same functions for all sockets: four of its own would make up a tenth of what an idle connection costs. */
const LISTENERS = {
  // A broken socket closes; that is all there is to know.
  error: () => undefined,
  close(this: Watched) {
    this[LIVE_SOCKET].onClose();
  },
  message(this: Watched) {
    this[LIVE_SOCKET].onData();
  },
  ping(this: Watched, data: Buffer) {
    this[LIVE_SOCKET].onPing(data);
  },
  pong(this: Watched) {
    this[LIVE_SOCKET].onPong();
  },
};

/** Whether a ws socket is looked after by a {@link LiveSocket}: nobody else need listen to it. */
export function isLiveSocket(client: object): boolean {
  return LIVE_SOCKET in client;
}
