import { EventLog, LogFollower, LogSubscription } from '../log/event-log';
import { Position, comparePositions } from '../log/position';
import { EventRecord, LogRecord, MembershipRecord, RevocationRecord } from '../log/records';
import { Fences } from '../memberships/fences';
import { MembershipReader } from '../memberships/membership-reader';
import { Close, closeWithHint } from '../protocol/close-codes';
import { GREETING } from '../protocol/wire';
import { Connection } from './connection';
import { ConnectionRegistry } from './connection-registry';
import { ConnectionSocket } from './connection-socket';
import { Delivery, DeliveryOptions } from './delivery';
import { textFrame } from './frame';
import { Handover, KICKED } from './handover';
import { LiveUsers } from './live-users';
import { Principal } from './principal';
import { Recipients } from './recipients';
import { Report } from './report';
import { Revocations } from './revocations';
import { seriesOf } from './series';
import { TopicIndex } from './topic-index';
import { UserMemberships } from './user-memberships';
import { Place, Window } from './window';

/** What the hub is told at boot. */
export interface HubOptions extends DeliveryOptions {
  readonly greeting: boolean;
  /** In milliseconds: how often the host is asked again, and how long the log's word beats its answers. */
  readonly recheckMs: number;
  /** The bound of what is kept for connections that are behind. */
  readonly window: { readonly maxMs: number; readonly maxBytes: number };
}

/** How often memberships, fences and revocations are looked through, in milliseconds. */
const HOUSEKEEPING_MS = 1_000;

/** Within how long the clients come back after a break in the log, in milliseconds. */
const RETURN_WITHIN_MS = 8_000;

const REVOKED: Close = { name: 'unauthorized', reason: 'token revoked' };
const TOO_SLOW: Close = { name: 'tooSlow', reason: 'too slow' };

/**
 * FAN OUT: follows the ordered log and writes to each connection what it should see. Who gets a record is decided
 * when it comes, in the log's order; the writes of a batch follow.
 */
export class Hub implements LogFollower {
  private readonly window: Window;
  private readonly revocations = new Revocations();
  private readonly fences: Fences;
  private readonly memberships: UserMemberships;
  private readonly delivery: Delivery;
  private readonly handover: Handover;
  private readonly waiting = new Set<() => void>();
  private subscription: LogSubscription | undefined;
  private housekeeping: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly users: LiveUsers,
    private readonly registry: ConnectionRegistry,
    reader: MembershipReader | undefined,
    options: HubOptions,
    private readonly report: Report,
  ) {
    const index = new TopicIndex();
    this.window = new Window(options.window.maxMs, options.window.maxBytes, { epoch: 0, seq: 0 });
    this.fences = new Fences(options.recheckMs, Math.max(options.recheckMs, options.window.maxMs));
    const recipients = new Recipients(users, index, this.fences);
    this.delivery = new Delivery(recipients, options, (connection) => this.close(connection, TOO_SLOW));
    const greeting = options.greeting ? textFrame(JSON.stringify(GREETING)) : undefined;
    this.handover = new Handover(this.window, recipients, this.delivery, greeting, (connection, close) =>
      this.close(connection, close),
    );
    this.memberships = new UserMemberships(
      reader,
      options.recheckMs,
      users,
      index,
      this.fences,
      () => this.window.head,
      (user, outcome) => this.handover.settle(user, outcome),
      report,
    );
  }

  /** The last position of the log that this node has seen. */
  get head(): Position {
    return this.window.head;
  }

  /** Follows the log from now on. */
  async start(): Promise<void> {
    this.subscription = await this.log.follow('now', this);
    this.window.restart(this.subscription.from);
    this.housekeeping = setInterval(() => this.keepHouse(Date.now()), HOUSEKEEPING_MS);
    this.housekeeping.unref();
  }

  /** Follows no more. Connections are the gateway's to close. May be called twice. */
  stop(): void {
    this.subscription?.close();
    clearInterval(this.housekeeping);
    this.delivery.close();
  }

  /** Resolves when this node has delivered everything up to a position, or after the timeout, in milliseconds. */
  async reached(position: Position, timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (comparePositions(this.head, position) < 0 && performance.now() < end) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        this.waiting.add(wake);
      });
    }
  }

  /** Takes the place at the log's head, for a connection that may come of an upgrade: {@link register} or {@link release} it. */
  takePlace(): Place {
    return this.window.take();
  }

  release(place: Place): void {
    this.window.release(place);
  }

  /** Whether the token was revoked. */
  isRevoked(principal: Principal): boolean {
    return this.revocations.covers(principal, Date.now());
  }

  /** A new connection, behind its place until the host has said which topics its user is in. */
  register(socket: ConnectionSocket, principal: Principal, place: Place): Connection {
    const connection = new Connection(principal, socket, place);
    const user = this.users.add(connection);
    this.registry.announce('connect', connection);
    if (this.isRevoked(principal)) this.close(connection, REVOKED);
    else this.memberships.ask(user);
    return connection;
  }

  /** Closes a connection, and forgets it. */
  close(connection: Connection, close: Close): void {
    this.end(connection, close);
  }

  /** The connection's socket is gone. */
  forget(connection: Connection): void {
    this.end(connection, undefined);
  }

  onRecords(records: readonly LogRecord[]): void {
    for (const series of seriesOf(records)) {
      for (const record of series) this.window.push(record);
      try {
        this.apply(series);
      } catch (error) {
        this.report('A record of the event log could not be delivered', error);
      }
    }
    this.delivery.flush();
    for (const wake of this.waiting) wake();
  }

  onBreak(next: Position): void {
    this.window.restart(next);
    this.fences.forgetJoins();
    for (const user of [...this.users]) {
      for (const connection of [...user.connections]) {
        this.close(connection, closeWithHint('serviceRestart', RETURN_WITHIN_MS));
      }
    }
  }

  private apply(series: readonly LogRecord[]): void {
    const record = series[0]!;
    switch (record.body.kind) {
      case 'event':
        return this.delivery.events(record.body.audience, series as readonly LogRecord<EventRecord>[]);
      case 'typing':
        return this.delivery.typingIndicator(record as LogRecord<typeof record.body>);
      case 'refresh':
        return this.delivery.refresh(record as LogRecord<typeof record.body>);
      case 'membership':
        return this.applyMembership(record as LogRecord<MembershipRecord>);
      case 'disconnect':
        return this.closeUser(record.body.userId, () => true, KICKED);
      case 'revocation':
        return this.revoke(record.body);
    }
  }

  private applyMembership(record: LogRecord<MembershipRecord>): void {
    this.memberships.apply(record);
    if (record.body.change !== 'changed') return;
    for (const userId of record.body.userIds) {
      const user = this.users.get(userId);
      if (!user) continue;
      for (const connection of user.connections) this.handover.putBehind(connection);
      this.memberships.ask(user);
    }
  }

  private revoke(record: RevocationRecord): void {
    this.revocations.add(record);
    const userIds = 'userId' in record ? [record.userId] : [...this.users.ids()];
    for (const userId of userIds)
      this.closeUser(userId, (connection) => this.isRevoked(connection.principal), REVOKED);
  }

  private closeUser(userId: string, which: (connection: Connection) => boolean, close: Close): void {
    for (const connection of [...(this.users.get(userId)?.connections ?? [])]) {
      if (which(connection)) this.close(connection, close);
    }
  }

  private end(connection: Connection, close: Close | undefined): void {
    if (!connection.isOpen) return;
    if (connection.state.kind === 'behind') this.window.release(connection.state.place);
    connection.end(close);
    this.delivery.forget(connection);
    const gone = this.users.remove(connection);
    if (gone) this.memberships.forget(gone);
    this.registry.announce('disconnect', connection);
  }

  private keepHouse(now: number): void {
    this.memberships.recheck(now);
    this.fences.prune(now);
    this.revocations.prune(now);
  }
}
