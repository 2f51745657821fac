/** When the log's data were lost, and how often its life may have ended. */
export class Lives {
  private readonly losses: number[] = [];
  private restarts = 0;
  private gone = 0;
  private isLosing = false;

  /** Redis is another process; its data are there. */
  restarted(): void {
    this.restarts += 1;
  }

  /** The log's data are gone when this has resolved; what is written meanwhile may be, too. */
  async losing(lose: () => unknown): Promise<void> {
    this.losses.push(Date.now());
    this.isLosing = true;
    try {
      await lose();
    } finally {
      this.gone = Date.now();
      this.isLosing = false;
    }
  }

  /** When data were lost last, in milliseconds since 1970; never: 0. Infinite while that is under way. */
  get lastLossAt(): number {
    return this.isLosing ? Number.POSITIVE_INFINITY : this.gone;
  }

  /** How many epochs there may be. */
  get most(): number {
    return 1 + this.restarts + this.losses.length;
  }

  /** Whether data were lost after one epoch had begun, and before another: both in milliseconds since 1970. */
  hasLostBetween(epoch: number, later: number): boolean {
    return this.losses.some((at) => epoch < at && at <= later);
  }
}
