import { Connection } from './connection';

/** How often the queue is looked at, in milliseconds. */
const TICK_MS = 20;

/** Within how long all of them have to be gone, in seconds: they get nothing meanwhile. */
const MOST_S = 60;

/** Sends connections away so that their clients come back no faster than the host's API can bear. */
export class Departures {
  private readonly queue = new Set<Connection>();
  private timer: NodeJS.Timeout | undefined;
  private budget = 1;
  private rate = 1;
  private filledAt = performance.now();

  /** @param perSecond asked for each time; infinity sends all away at once */
  constructor(
    private readonly perSecond: () => number,
    private readonly sendAway: (connection: Connection) => void,
  ) {}

  add(connection: Connection): void {
    this.queue.add(connection);
    this.rate = Math.max(this.perSecond(), this.queue.size / MOST_S);
    this.timer ??= setTimeout(() => this.run(), 0);
  }

  forget(connection: Connection): void {
    this.queue.delete(connection);
  }

  close(): void {
    clearTimeout(this.timer);
    this.queue.clear();
  }

  private run(): void {
    const now = performance.now();
    const most = Math.max(1, (this.rate * TICK_MS) / 1_000);
    const earned = this.rate === Infinity ? Infinity : ((now - this.filledAt) / 1_000) * this.rate;
    this.budget = Math.min(most, this.budget + earned);
    this.filledAt = now;
    for (const connection of this.queue) {
      if (this.budget < 1) break;
      this.budget -= 1;
      this.queue.delete(connection);
      this.sendAway(connection);
    }
    this.timer = this.queue.size > 0 ? setTimeout(() => this.run(), TICK_MS) : undefined;
  }
}
