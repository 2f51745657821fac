import { Connection } from '../hub/connection';
import { Close } from '../protocol/close-codes';

const REPLACED: Close = { name: 'replaced', reason: 'too many connections of this user' };

/** A connection in the last minute of its token (or the last half of a short one's life) is being replaced by its own client. */
const LAST_MS = 60_000;

/** Keeps each user within so many connections: the oldest goes. */
export class ConnectionLimit {
  constructor(
    private readonly perUser: number,
    private readonly close: (connection: Connection, close: Close) => void,
  ) {}

  /** Looks at a user's connections, the oldest first, after one came. */
  enforce(connections: Iterable<Connection>, now: number): void {
    const counted = [...connections].filter((connection) => !isBeingReplaced(connection, now));
    for (const connection of counted.slice(0, Math.max(0, counted.length - this.perUser))) {
      this.close(connection, REPLACED);
    }
  }
}

function isBeingReplaced({ principal, connectedAt }: Connection, now: number): boolean {
  if (principal.expiresAt === undefined) return false;
  const life = principal.expiresAt - (principal.issuedAt ?? connectedAt.getTime());
  return principal.expiresAt - now < Math.min(LAST_MS, life / 2);
}
