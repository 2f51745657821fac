import { Connection } from './connection';
import { FrameRun } from './frame-run';

/** How long one turn of the event loop may go on writing, in milliseconds. */
const SLICE_MS = 10;

/** How many connections are written to between two looks at the clock. */
const CLOCK_EVERY = 32;

/**
 * Gathers the frames of a batch, and then writes to each connection once. Who gets what is decided before; only
 * the writes are sliced, so that a large audience does not hold up the host.
 */
export class Outbox {
  private waiting: Connection[] = [];
  private next = 0;
  private start = FrameRun.empty();
  private slice: NodeJS.Immediate | undefined;

  /** @param onWritten called after each write, to look at what the kernel left */
  constructor(private readonly onWritten: (connection: Connection) => void) {}

  /** One more frame for a connection, with the next {@link flush}. */
  add(connection: Connection, frame: Buffer): void {
    connection.run = this.runOf(connection).then(frame);
  }

  /** More frames for a connection: the same array for all who get the same. */
  addAll(connection: Connection, frames: readonly Buffer[]): void {
    connection.run = this.runOf(connection).thenAll(frames);
  }

  /** Writes what was added, now and, where that takes longer than a slice, in the next turns. */
  flush(): void {
    if (!this.slice) this.write();
  }

  close(): void {
    clearImmediate(this.slice);
    this.waiting = [];
  }

  private runOf(connection: Connection): FrameRun {
    if (connection.run) return connection.run;
    this.waiting.push(connection);
    return this.start;
  }

  private write(): void {
    this.slice = undefined;
    const end = performance.now() + SLICE_MS;
    while (this.next < this.waiting.length) {
      const connection = this.waiting[this.next]!;
      this.next += 1;
      connection.flush();
      this.onWritten(connection);
      if (this.next % CLOCK_EVERY === 0 && performance.now() > end) {
        this.slice = setImmediate(() => this.write());
        return;
      }
    }
    this.waiting = [];
    this.next = 0;
    this.start = FrameRun.empty();
  }
}
