/** Spreads the fetches that `RESYNC` brings: each has its slot, as often as the host's API can bear. */
export class ResyncSpread {
  private nextAt = 0;

  /** @param perSecond infinity: all at once */
  constructor(private readonly perSecond: number) {}

  /** Within how long one more client should fetch, in milliseconds. */
  take(now: number): number {
    this.nextAt = Math.max(this.nextAt, now) + 1_000 / this.perSecond;
    return Math.ceil(this.nextAt - now);
  }
}
