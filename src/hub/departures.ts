import { Connection } from './connection';

/** How often the queue is looked at, in milliseconds. */
const TICK_MS = 20;

/** Sends connections away so that their clients come back no faster than the host's API can bear. */
export class Departures {
  private readonly queue = new Set<Connection>();
  private timer: NodeJS.Timeout | undefined;
  private budget = 1;
  private filledAt = performance.now();

  /** @param perSecond infinity sends all away at once */
  constructor(
    private readonly perSecond: number,
    private readonly sendAway: (connection: Connection) => void,
  ) {}

  add(connection: Connection): void {
    this.queue.add(connection);
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
    const most = Math.max(1, (this.perSecond * TICK_MS) / 1_000);
    const earned = this.perSecond === Infinity ? Infinity : ((now - this.filledAt) / 1_000) * this.perSecond;
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
