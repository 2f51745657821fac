/** Over how long a pace is taken, in milliseconds: a burst of a moment is none. */
const SPAN_MS = 100;

/** How many come in a millisecond, by the last span of time that is over. */
export class Pace {
  private since = 0;
  private count = 0;
  private latest = 0;

  /** @returns the pace, after so many more that have come by `now`, in milliseconds of a clock that never steps back */
  after(count: number, now: number): number {
    this.count += count;
    const spanMs = now - this.since;
    if (spanMs >= SPAN_MS) {
      this.latest = this.count / spanMs;
      this.since = now;
      this.count = 0;
    }
    return this.latest;
  }
}
