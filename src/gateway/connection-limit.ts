import { Connection } from '../hub/connection';
import { REPLACED } from '../hub/dismissals';
import { Close } from '../protocol/close-codes';

/** Keeps each user within so many connections on this node: the oldest goes. */
export class ConnectionLimit {
  constructor(
    private readonly perUser: number,
    private readonly close: (connection: Connection, close: Close) => void,
  ) {}

  /** Looks at a user's connections, the oldest first, after one came. */
  enforce(connections: Iterable<Connection>, now: number): void {
    const counted = [...connections].filter(({ replacedFrom }) => replacedFrom >= now);
    for (const connection of counted.slice(0, Math.max(0, counted.length - this.perUser))) {
      this.close(connection, REPLACED);
    }
  }
}
