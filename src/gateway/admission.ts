/** Lets so many upgrades a second in, and that many at once after a quiet second. */
export class Admission {
  private budget: number;
  private filledAt = performance.now();

  /** @param perSecond asked for each time */
  constructor(private readonly perSecond: () => number) {
    this.budget = perSecond();
  }

  /** Whether there is room for one more now. */
  admits(): boolean {
    const now = performance.now();
    const perSecond = this.perSecond();
    this.budget = Math.min(Math.max(1, perSecond), this.budget + ((now - this.filledAt) / 1_000) * perSecond);
    this.filledAt = now;
    if (this.budget < 1) return false;
    this.budget -= 1;
    return true;
  }
}
