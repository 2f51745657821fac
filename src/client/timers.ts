/** What fits a timer: a longer delay would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Timers by name, one of each. */
export class Timers<Name extends string> {
  private readonly running = new Map<Name, ReturnType<typeof setTimeout>>();

  /** In place of the one of that name. Any delay is fine. */
  set(name: Name, ms: number, what: () => void): void {
    this.stop(name);
    const rest = ms - MAX_TIMER_MS;
    const next = rest > 0 ? () => this.set(name, rest, what) : what;
    this.running.set(name, setTimeout(next, Math.min(ms, MAX_TIMER_MS)));
  }

  stop(name: Name): void {
    clearTimeout(this.running.get(name));
  }

  stopAll(): void {
    for (const name of this.running.keys()) this.stop(name);
  }
}
