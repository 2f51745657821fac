import { Close } from '../protocol/close-codes';
import { LiveSocket } from './live-socket';

/** How dead links are found. */
export interface HeartbeatOptions {
  /** How often each connection is pinged, in milliseconds. */
  readonly intervalMs: number;
  /** How late its pong may be, in milliseconds. */
  readonly timeoutMs: number;
}

/** What a {@link Heartbeat} tells its owner. */
export interface HeartbeatOwner {
  /** The socket has been pinged, which its client's script can't see. */
  onBeat(socket: LiveSocket): void;
  /** Some sockets have been looked at. */
  onStep(): void;
}

const NO_PONG: Close = { name: 'timeout', reason: 'no pong' };
const EXPIRED: Close = { name: 'unauthorized', reason: 'token expired' };

/** Within how long all connections are looked at, at most, in milliseconds. */
const MAX_SWEEP_MS = 500;

/** In so many steps, so that no turn of the event loop has many pings to write. */
const STEPS = 5;

/**
 * Looks all connections through, about twice a second: pings those whose turn it is, and closes those whose pong is
 * late or whose token has expired. One timer for all, so that no `exp` is too far off for one.
 */
export class Heartbeat {
  private readonly sockets = new Set<LiveSocket>();
  private readonly sweepMs: number;
  private readonly timer: NodeJS.Timeout;
  private walk = this.sockets.values();
  private sweptAt = performance.now();
  /** Milliseconds that the process was awake for: what it slept through is not held against anyone's pong. */
  private awakeMs = 0;

  constructor(
    private readonly options: HeartbeatOptions,
    private readonly owner: HeartbeatOwner,
  ) {
    this.sweepMs = Math.max(5, Math.min(MAX_SWEEP_MS, options.intervalMs / 4, options.timeoutMs / 4));
    this.timer = setInterval(() => this.step(), this.sweepMs / STEPS);
    this.timer.unref();
  }

  /** The first ping comes at a random time, so that a herd of connections spreads. */
  add(socket: LiveSocket): void {
    socket.pingAt = this.awakeMs + Math.random() * this.options.intervalMs;
    this.sockets.add(socket);
  }

  delete(socket: LiveSocket): void {
    this.sockets.delete(socket);
  }

  close(): void {
    clearInterval(this.timer);
    this.sockets.clear();
  }

  private step(): void {
    const now = performance.now();
    this.awakeMs += Math.min(now - this.sweptAt, this.sweepMs * 2);
    this.sweptAt = now;
    const wallClock = Date.now();
    for (let left = Math.ceil(this.sockets.size / STEPS); left > 0; left -= 1) {
      const { value, done } = this.walk.next();
      if (!done) this.look(value, wallClock);
      else {
        this.walk = this.sockets.values();
        break;
      }
    }
    this.owner.onStep();
  }

  private look(socket: LiveSocket, wallClock: number): void {
    if (wallClock >= socket.expiresAt) {
      socket.endWith(EXPIRED);
    } else if (this.awakeMs >= socket.pongDueAt) {
      socket.endWith(NO_PONG);
    } else if (this.awakeMs >= socket.pingAt) {
      socket.pingAt = this.awakeMs + this.options.intervalMs;
      socket.ping(this.awakeMs + this.options.timeoutMs);
      this.owner.onBeat(socket);
    }
  }
}
