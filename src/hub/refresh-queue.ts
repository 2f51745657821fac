import { Connection } from './connection';

/** How often the queue is looked at, in milliseconds. */
const TICK_MS = 20;

/** A tenth of a second's budget may go out at once. */
const BURST_SHARE = 0.1;

/**
 * Spreads the hints that make clients fetch, so that they come no faster than the host's API can bear. A connection
 * waits at most once, where it first stood in the queue, and `UPDATE_STATUS` absorbs `UPDATE_USERS`.
 */
export class RefreshQueue {
  private queue: Connection[] = [];
  private next = 0;
  private budget: number;
  private filledAt = performance.now();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param perSecond how many go out a second, asked for each time; infinity sends all at once
   * @param isReady whether a connection can be sent to now; one that can't waits at the end again
   */
  constructor(
    private readonly perSecond: () => number,
    private readonly isReady: (connection: Connection) => boolean,
    private readonly send: (connection: Connection, what: 'UPDATE_STATUS' | 'UPDATE_USERS') => void,
    private readonly flush: () => void,
  ) {
    this.budget = this.burst;
  }

  /** @param atOnce for those whose own doing it was, past the queue */
  add(connection: Connection, what: 'UPDATE_STATUS' | 'UPDATE_USERS', atOnce: boolean): void {
    const waits = connection.refresh;
    connection.refresh = waits === 'UPDATE_STATUS' ? waits : what;
    if (atOnce && this.isReady(connection)) this.sendNow(connection);
    else if (!waits) this.queue.push(connection);
  }

  /** Sends as many as the budget has, and goes on by itself. */
  run(): void {
    this.fill();
    // What is not ready goes to the end: this run ends at what was the end when it began.
    const end = this.queue.length;
    while (this.next < end && this.budget >= 1) {
      const connection = this.queue[this.next]!;
      this.next += 1;
      this.serve(connection);
    }
    if (this.next * 2 >= this.queue.length) {
      this.queue = this.queue.slice(this.next);
      this.next = 0;
    }
    if (this.queue.length > 0) {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.run();
        this.flush();
      }, TICK_MS);
    }
  }

  /** How long the last in the queue has to wait, in milliseconds. */
  get spreadMs(): number {
    return ((this.queue.length - this.next) / this.perSecond()) * 1_000;
  }

  close(): void {
    clearTimeout(this.timer);
    this.queue = [];
    this.next = 0;
  }

  private serve(connection: Connection): void {
    if (!connection.isOpen || !connection.refresh) return;
    if (!this.isReady(connection)) {
      this.queue.push(connection);
      return;
    }
    this.budget -= 1;
    this.sendNow(connection);
  }

  private sendNow(connection: Connection): void {
    const what = connection.refresh!;
    connection.refresh = undefined;
    this.send(connection, what);
  }

  private fill(): void {
    const now = performance.now();
    const perSecond = this.perSecond();
    const earned = perSecond === Infinity ? Infinity : ((now - this.filledAt) / 1_000) * perSecond;
    this.budget = Math.min(this.burst, this.budget + earned);
    this.filledAt = now;
  }

  private get burst(): number {
    return Math.max(1, this.perSecond() * BURST_SHARE);
  }
}
