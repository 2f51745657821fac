/** How many cursors are remembered to tell duplicates. */
const REMEMBERED = 2_048;

/**
 * How far the app has come. While it has something to fetch, the cursor to come back with stays where it was: a second
 * drop must not hide the loss.
 */
export class Progress {
  private readonly seen = new Set<string>();
  private ahead: string | undefined;

  constructor(private settled: string) {}

  /** The cursor to resume from; empty at the beginning. */
  get cursor(): string {
    return this.settled;
  }

  /** Everything up to here has come, but for what is being fetched. */
  advance(cursor: unknown): void {
    if (typeof cursor !== 'string') return;
    if (this.ahead === undefined) this.settled = cursor;
    else this.ahead = cursor;
  }

  /** From here on something has to be fetched. */
  hold(cursor: unknown): void {
    this.ahead = typeof cursor === 'string' ? cursor : (this.ahead ?? this.settled);
  }

  /** It is fetched. */
  settle(): void {
    this.settled = this.ahead ?? this.settled;
    this.ahead = undefined;
  }

  /** Whether an event comes for the first time. One without a cursor always does. */
  isNew(cursor: unknown): boolean {
    if (typeof cursor !== 'string') return true;
    if (this.seen.has(cursor)) return false;
    this.seen.add(cursor);
    if (this.seen.size > REMEMBERED) this.seen.delete(this.seen.values().next().value!);
    return true;
  }
}
