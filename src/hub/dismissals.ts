import { EventLog } from '../log/event-log';
import { DisconnectRecord, ExcessRecord, LogRecord, RevocationRecord } from '../log/records';
import { Close } from '../protocol/close-codes';
import { Connection } from './connection';
import { KICKED } from './handover';
import { Kicks } from './kicks';
import { LiveUsers } from './live-users';
import { Principal } from './principal';
import { Revocations } from './revocations';

const REVOKED: Close = { name: 'unauthorized', reason: 'token revoked' };

/** What the oldest connection is told of a user who has too many. */
export const REPLACED: Close = { name: 'replaced', reason: 'too many connections of this user' };

type Dismissal = LogRecord<DisconnectRecord | RevocationRecord | ExcessRecord>;

/** Whom the log sends away: the disconnected, those whose tokens are revoked, and what a user has too much. */
export class Dismissals {
  private readonly revocations = new Revocations();
  private lacksRevocations = false;

  /** @param nodeId what the other nodes call this one */
  constructor(
    private readonly log: EventLog,
    private readonly users: LiveUsers,
    private readonly kicks: Kicks,
    private readonly nodeId: string,
    private readonly close: (connection: Connection, close: Close) => void,
  ) {}

  apply({ body, position }: Dismissal): void {
    switch (body.kind) {
      case 'disconnect':
        this.kicks.add({ userId: body.userId, position });
        return this.closeUser(body.userId, KICKED);
      case 'revocation':
        return this.revoke(body);
      case 'excess':
        // The oldest are on this node, or on another.
        if (body.node !== this.nodeId) return;
        return this.closeUser(body.userId, REPLACED, ({ serial }) => body.serials.includes(serial));
    }
  }

  /** Closes a connection whose token is revoked. @returns whether it is */
  closeRevoked(connection: Connection): boolean {
    const isRevoked = this.isRevoked(connection.principal);
    if (isRevoked) this.close(connection, REVOKED);
    return isRevoked;
  }

  isRevoked(principal: Principal): boolean {
    return this.revocations.covers(principal, Date.now());
  }

  /**
   * Takes in those whose records are long gone: after a place is taken, so that none falls in between.
   *
   * @throws LogUnavailableError when the log can't be reached now
   */
  async readKept(): Promise<void> {
    for (const revocation of await this.log.revocations()) this.revoke(revocation);
    this.lacksRevocations = false;
  }

  /** Some may have lain in a break: they are asked for until the log has answered. */
  readLost(): void {
    this.lacksRevocations = true;
    this.readLacking();
  }

  /** Asks for what is lacking, if anything is, and forgets what has had its time. */
  keepHouse(now: number): void {
    this.readLacking();
    this.revocations.prune(now);
  }

  private readLacking(): void {
    // A log that does not answer is asked again by the next housekeeping.
    if (this.lacksRevocations) this.readKept().catch(() => undefined);
  }

  private revoke(record: RevocationRecord): void {
    this.revocations.add(record);
    const userIds = 'userId' in record ? [record.userId] : [...this.users.ids()];
    for (const userId of userIds) {
      this.closeUser(userId, REVOKED, ({ principal }) => this.isRevoked(principal));
    }
  }

  private closeUser(userId: string, close: Close, which = (_: Connection) => true): void {
    for (const connection of [...(this.users.get(userId)?.connections ?? [])]) {
      if (which(connection)) this.close(connection, close);
    }
  }
}
