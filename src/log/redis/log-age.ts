import { Position } from '../position';

/** Remembers where the head was, so that it is known which place is how old. */
export class LogAge {
  private places: { readonly head: Position; readonly at: number }[] = [];

  constructor(private readonly maxMs: number) {}

  /**
   * Told where the head is; says up to which place everything is older than it may be.
   *
   * @param at milliseconds since 1970, the log's
   */
  outlived(head: Position, at: number): Position | undefined {
    this.places.push({ head, at });
    const young = this.places.findIndex((place) => place.at > at - this.maxMs);
    if (young <= 0) return undefined;
    const [last] = this.places.splice(0, young).slice(-1);
    return last?.head;
  }
}
