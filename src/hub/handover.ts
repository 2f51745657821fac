import { LogRecord } from '../log/records';
import { Close, closeWithHint } from '../protocol/close-codes';
import { Connection } from './connection';
import { Delivery } from './delivery';
import { LiveUser } from './live-user';
import { Recipients } from './recipients';
import { Window } from './window';

/** Within how long a client that could not be served comes back, in milliseconds. */
const COME_BACK_WITHIN_MS = 8_000;

/** The user was disconnected by the host. */
export const KICKED: Close = { name: 'unauthorized', reason: 'disconnected' };

/**
 * Brings a connection from a place in the log to live, in one synchronous turn: everything between the two is
 * walked, filtered and queued, and whatever comes after is live. Nothing is held aside for anyone.
 */
export class Handover {
  constructor(
    private readonly window: Window,
    private readonly recipients: Recipients,
    private readonly delivery: Delivery,
    private readonly greeting: Buffer | undefined,
    private readonly close: (connection: Connection, close: Close) => void,
  ) {}

  /** A connection that was live waits at the head until its user's topics are known again. */
  putBehind(connection: Connection): void {
    if (connection.isLive) connection.fallBehind(this.window.take());
  }

  /** The host has answered, or has not: the user's connections that are behind go on. */
  settle(user: LiveUser, outcome: 'known' | 'failed'): void {
    for (const connection of [...user.connections]) {
      if (connection.state.kind !== 'behind') continue;
      if (outcome === 'failed' && connection.state.isNew) this.sendAway(connection);
      else this.catchUp(connection, user);
    }
    this.delivery.flush();
  }

  private catchUp(connection: Connection, user: LiveUser): void {
    if (connection.state.kind !== 'behind') return;
    const { place, isNew } = connection.state;
    const missed = this.window.since(place);
    if (!missed) return this.sendAway(connection);
    if (missed.some(({ body }) => body.kind === 'disconnect' && body.userId === user.id)) {
      return this.close(connection, KICKED);
    }
    connection.goLive();
    this.window.release(place);
    if (isNew && this.greeting) this.delivery.control(connection, this.greeting);
    for (const record of missed) {
      if (this.isFor(user, record)) this.delivery.past(record, connection, user);
    }
  }

  private isFor(user: LiveUser, { body, position }: LogRecord): boolean {
    return 'audience' in body && this.recipients.includesPast(body.audience, user, position);
  }

  private sendAway(connection: Connection): void {
    this.close(connection, closeWithHint('tryAgainLater', COME_BACK_WITHIN_MS));
  }
}
