/** The bounds of the waits between attempts, in milliseconds. */
const FIRST_MS = 500;
const LONGEST_MS = 20_000;

/** Waits with full jitter: anything from 0 to a bound that doubles, so that many clients do not come back at once. */
export class BackOff {
  private failures = 0;

  /** In milliseconds. */
  next(): number {
    return Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures++);
  }

  reset(): void {
    this.failures = 0;
  }
}
