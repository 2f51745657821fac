/** Nobody waits longer, in milliseconds, however many fetch before him. */
const MOST_MS = 60_000;

/** Spreads the fetches that `RESYNC` brings: each has its slot, as often as the host's API can bear. */
export class ResyncSpread {
  private nextAt = 0;

  /** @param perSecond asked for each time; infinity: all at once */
  constructor(private readonly perSecond: () => number) {}

  /** Within how long one more client should fetch, in milliseconds. */
  take(now: number): number {
    this.nextAt = Math.min(Math.max(this.nextAt, now) + 1_000 / this.perSecond(), now + MOST_MS);
    return Math.ceil(this.nextAt - now);
  }
}
