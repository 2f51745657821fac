/** When the log's data were lost, and how often its life may have ended. */
export class Lives {
  private readonly losses: number[] = [];
  private restarts = 0;

  /** Redis is another process; its data are there. */
  restarted(): void {
    this.restarts += 1;
  }

  /** The log's data are gone, now. */
  lost(): void {
    this.losses.push(Date.now());
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
