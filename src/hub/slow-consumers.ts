import { Connection } from './connection';

/** How far a connection may fall behind before it is closed. */
export interface SlowConsumerLimits {
  /** Bytes that the kernel has not taken. */
  readonly maxBytes: number;
  /** How old the oldest of them may be, in milliseconds. */
  readonly maxMs: number;
}

/** Of all bytes ever written, the first `until` must be with the kernel within `maxMs` of `at`. */
interface Mark {
  readonly until: number;
  readonly at: number;
}

/** Watches the connections that do not take what they are sent; everyone else costs nothing. */
export class SlowConsumers {
  private readonly marks = new Map<Connection, Mark>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly limits: SlowConsumerLimits,
    private readonly onTooSlow: (connection: Connection) => void,
    private readonly onCaughtUp: (connection: Connection) => void,
  ) {
    this.timer = setInterval(() => this.sweep(Date.now()), Math.min(1_000, Math.max(10, limits.maxMs / 4)));
    this.timer.unref();
  }

  /** Looks at what the kernel left of a write. */
  look(connection: Connection): void {
    const pending = connection.pendingBytes;
    if (pending === 0) return;
    if (pending > this.limits.maxBytes) this.onTooSlow(connection);
    else if (!this.marks.has(connection)) this.mark(connection);
  }

  /** Whether a connection has anything left that the kernel has not taken. */
  isBehind(connection: Connection): boolean {
    return this.marks.has(connection);
  }

  /** Whether it is half way to being closed. */
  isHalfFull(connection: Connection): boolean {
    return connection.pendingBytes > this.limits.maxBytes / 2;
  }

  /** Calls back with every connection that {@link isBehind}. */
  forEach(callback: (connection: Connection) => void): void {
    for (const connection of this.marks.keys()) callback(connection);
  }

  forget(connection: Connection): void {
    this.marks.delete(connection);
  }

  close(): void {
    clearInterval(this.timer);
    this.marks.clear();
  }

  private sweep(now: number): void {
    for (const [connection, mark] of this.marks) {
      const pending = connection.pendingBytes;
      if (pending === 0) {
        this.marks.delete(connection);
        this.onCaughtUp(connection);
      } else if (connection.writtenBytes - pending >= mark.until) {
        this.mark(connection);
      } else if (now - mark.at > this.limits.maxMs) {
        this.onTooSlow(connection);
      }
    }
  }

  private mark(connection: Connection): void {
    this.marks.set(connection, { until: connection.writtenBytes, at: Date.now() });
  }
}
