/** How long one turn of the event loop may go on with one kind of work, in milliseconds. */
const SLICE_MS = 10;

/**
 * Says when a kind of work has had its share of this turn of the event loop, however many callbacks of the turn bring
 * some of it: the host's own requests do not wait for ten thousand clients that come back at once.
 */
export class TurnSlice {
  private end: number | undefined;

  get isOver(): boolean {
    const now = performance.now();
    if (this.end === undefined) {
      this.end = now + SLICE_MS;
      setImmediate(() => (this.end = undefined));
    }
    return now >= this.end;
  }
}
