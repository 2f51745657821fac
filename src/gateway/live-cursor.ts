import { Hub } from '../hub/hub';
import { formatCursor } from '../log/position';

/** The place in the log where this node is, as a client's cursor: what a page is rendered with, say. */
export class LiveCursor {
  constructor(private readonly hub: Hub) {}

  /**
   * The cursor to be taken **before** reading what a client is given with it.
   *
   * @param marginMs how far back it lies, in milliseconds: for what is read from where writes come late, a replica say
   * @returns undefined on a node without an endpoint, which follows nothing, and where it does not reach back so far
   */
  take(marginMs = 0): string | undefined {
    const place = this.hub.placeBefore(marginMs);
    return place && formatCursor(place);
  }
}
