import { toEveryone } from '../log/audience';
import { EventLog, LogFollower, LogSubscription } from '../log/event-log';
import { Position, comparePositions } from '../log/position';
import { EventRecord, LogRecord, MembershipRecord } from '../log/records';
import { Fences } from '../memberships/fences';
import { MembershipReader } from '../memberships/membership-reader';
import { Close, closeWithHint } from '../protocol/close-codes';
import { Connection } from './connection';
import { ConnectionRegistry } from './connection-registry';
import { ConnectionSocket } from './connection-socket';
import { ControlFrames } from './control-frames';
import { Delivery, DeliveryOptions } from './delivery';
import { Departures } from './departures';
import { Dismissals } from './dismissals';
import { Handover, HandoverOwner } from './handover';
import { HeadWatch } from './head-watch';
import { Kicks } from './kicks';
import { LiveUsers } from './live-users';
import { Principal } from './principal';
import { Recipients } from './recipients';
import { Report } from './report';
import { ResyncSpread } from './resync-spread';
import { seriesOf } from './series';
import { TopicIndex } from './topic-index';
import { UserMemberships } from './user-memberships';
import { Place, Window, WindowOptions } from './window';

/** What the hub is told at boot. */
export interface HubOptions extends DeliveryOptions {
  /** What the other nodes call this one. */
  readonly nodeId: string;
  readonly greeting: boolean;
  /** How often a resumable connection is told its place, in milliseconds. */
  readonly heartbeatMs: number;
  /** In milliseconds: how often the host is asked again, and how long the log's word beats its answers. */
  readonly recheckMs: number;
  /** How much of the past is held. */
  readonly window: WindowOptions;
  /** Whether a replay leaves out what it overtakes itself. */
  readonly compact: boolean;
}

/** How often memberships, fences and revocations are looked through, in milliseconds. */
const HOUSEKEEPING_MS = 1_000;

/** How many records of the past are read at once. */
const PAGE = 1_000;

/** Within how long the clients come back after a break in the log, in milliseconds. */
const RETURN_WITHIN_MS = 8_000;

const TOO_SLOW: Close = { name: 'tooSlow', reason: 'too slow' };

/**
 * FAN OUT: follows the ordered log and writes to each connection what it should see. Who gets a record is decided
 * when it comes, in the log's order; the writes of a batch follow.
 */
export class Hub implements LogFollower, HandoverOwner {
  private readonly window: Window;
  private readonly kicks = new Kicks();
  private readonly dismissals: Dismissals;
  private readonly fences: Fences;
  private readonly memberships: UserMemberships;
  private readonly delivery: Delivery;
  private readonly handover: Handover;
  private readonly departures: Departures;
  private readonly controls: ControlFrames;
  private readonly recipients: Recipients;
  private readonly headWatch = new HeadWatch();
  private subscription: LogSubscription | undefined;
  private housekeeping: NodeJS.Timeout | undefined;
  private isLookingAhead = false;

  constructor(
    private readonly log: EventLog,
    private readonly users: LiveUsers,
    private readonly registry: ConnectionRegistry,
    reader: MembershipReader | undefined,
    options: HubOptions,
    private readonly report: Report,
  ) {
    const index = new TopicIndex();
    this.window = new Window(options.window, { epoch: 0, seq: 0 });
    this.fences = new Fences(options.recheckMs, 2 * Math.max(options.recheckMs, options.window.maxMs));
    this.recipients = new Recipients(users, index, this.fences);
    this.delivery = new Delivery(this.recipients, options, (connection) => this.close(connection, TOO_SLOW));
    this.dismissals = new Dismissals(log, users, this.kicks, options.nodeId, (connection, close) =>
      this.close(connection, close),
    );
    this.controls = new ControlFrames(options.greeting, options.heartbeatMs);
    this.departures = new Departures(options.refreshPerSecond, (connection) =>
      this.close(connection, closeWithHint('serviceRestart', RETURN_WITHIN_MS)),
    );
    this.handover = new Handover(
      this.window,
      this.kicks,
      this.recipients,
      this.delivery,
      this.controls,
      new ResyncSpread(options.refreshPerSecond),
      { compact: options.compact, maxReplayBytes: options.slowConsumer.maxBytes / 2 },
      this,
    );
    this.memberships = new UserMemberships(
      reader,
      options.recheckMs,
      users,
      index,
      this.fences,
      () => this.window.head,
      (user, outcome) => {
        this.handover.settle(user, outcome);
        void this.lookAhead();
      },
      report,
    );
  }

  /** The last position of the log that this node has seen. */
  get head(): Position {
    return this.window.head;
  }

  /** Where this node was so many milliseconds ago; undefined where it does not know, or follows nothing. */
  placeBefore(marginMs: number): Position | undefined {
    if (!this.subscription) return undefined;
    return marginMs === 0 ? this.head : this.window.placeAt(Date.now() - marginMs);
  }

  /**
   * Takes in what the log still holds, so that who comes back is served from here, and what was said of memberships and
   * tokens counts; then follows the log from there on.
   *
   * @throws LogUnavailableError when the log can't be reached now: may be called again
   */
  async start(): Promise<void> {
    await this.takeInThePast();
    const subscription = await this.log.follow(this.head, this);
    try {
      await this.dismissals.readKept();
    } catch (error) {
      subscription.close();
      throw error;
    }
    this.subscription = subscription;
    this.housekeeping = setInterval(() => this.keepHouse(Date.now()), HOUSEKEEPING_MS);
    this.housekeeping.unref();
  }

  private async takeInThePast(): Promise<void> {
    let range = await this.log.read('oldest', PAGE);
    const [oldest] = range.kind === 'records' ? range.records : [];
    this.window.restart(oldest ? { ...oldest.position, seq: oldest.position.seq - 1 } : range.head);
    while (range.kind === 'records' && range.records.length > 0) {
      this.onRecords(range.records);
      range = await this.log.read(this.head, PAGE);
    }
    // Trimmed while it was read: what is left is too old to be whole.
    if (range.kind === 'lost') this.window.restart(range.head);
  }

  /** Follows no more. Connections are the gateway's to close. May be called twice. */
  stop(): void {
    this.subscription?.close();
    this.subscription = undefined;
    clearInterval(this.housekeeping);
    this.departures.close();
    this.delivery.close();
  }

  /** Resolves when this node has delivered everything up to a position, or after the timeout, in milliseconds. */
  reached(position: Position, timeoutMs: number): Promise<void> {
    return this.headWatch.until(() => comparePositions(this.head, position) >= 0, timeoutMs);
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
    return this.dismissals.isRevoked(principal);
  }

  /**
   * A new connection, behind its place until the host has said which topics its user is in.
   *
   * @param resume the cursor it comes back with, empty the first time; undefined: a plain connection
   */
  register(socket: ConnectionSocket, principal: Principal, place: Place, resume?: string): Connection {
    const connection = new Connection(principal, socket, place, resume);
    const user = this.users.add(connection);
    this.registry.announce('connect', connection);
    if (!this.dismissals.closeRevoked(connection)) this.memberships.ask(user);
    return connection;
  }

  /** Closes a connection, and forgets it. */
  close(connection: Connection, close: Close): void {
    this.end(connection, close);
  }

  /** Closes a connection in its turn, so that its client fetches in its turn. */
  sendAwayInTurn(connection: Connection): void {
    this.departures.add(connection);
  }

  /** Closes a connection that could not be served; the host's process goes on. */
  fail(connection: Connection, error: unknown): void {
    this.report('A connection could not be caught up', error);
    this.close(connection, { name: 'internalError', reason: 'internal error' });
  }

  /** Tells a resumable connection how far it has come, with the next {@link flush}. */
  beat(connection: Connection): void {
    const { state } = connection;
    if (!connection.isResumable || state.kind === 'closed') return;
    // The first frame is another one.
    if (state.kind === 'behind' && state.cause === 'new') return;
    const place = state.kind === 'live' ? this.window.head : state.from;
    this.delivery.control(connection, this.controls.heartbeat(place));
  }

  /** Writes what has been gathered. */
  flush(): void {
    this.delivery.flush();
  }

  /** The connection's socket is gone. */
  forget(connection: Connection): void {
    this.end(connection, undefined);
  }

  onRecords(records: readonly LogRecord[]): void {
    for (const series of seriesOf(records)) {
      try {
        for (const record of series) this.window.push(record);
        this.apply(series);
      } catch (error) {
        this.report('A record of the event log could not be delivered', error);
        const { position } = series.at(-1)!;
        // What is not durable may lie behind the head.
        this.window.restart(comparePositions(position, this.head) > 0 ? position : this.head);
        this.recipients.forEachLive(toEveryone(), (connection) => this.handover.miss(connection));
      }
    }
    // Who is being asked about goes on with the answer.
    this.handover.advance(({ userId }) =>
      this.memberships.isAsking(userId) ? undefined : this.users.get(userId),
    );
    this.delivery.flush();
    this.headWatch.wake();
  }

  onBreak(next: Position): void {
    const last = this.window.head;
    this.window.restart(next);
    this.fences.forgetJoins();
    for (const user of this.users) this.handover.breakOff(user.connections, next, last);
    this.memberships.askAll();
    this.dismissals.readLost();
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
      case 'revocation':
      case 'excess':
        return this.dismissals.apply({ ...record, body: record.body });
      case 'refusal':
        return this.recipients.forEachLive(record.body.audience, (connection) =>
          this.handover.refuse(connection),
        );
      default:
        throw new Error('a kind of record that this version does not know');
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

  private end(connection: Connection, close: Close | undefined): void {
    if (!connection.isOpen) return;
    this.handover.leave(connection);
    this.departures.forget(connection);
    connection.end(close);
    this.delivery.forget(connection);
    const gone = this.users.remove(connection);
    if (gone) this.memberships.forget(gone);
    this.registry.announce('disconnect', connection);
  }

  /** Somebody has a cursor beyond what this node has seen: the log itself says whether it ever gave it. */
  private async lookAhead(): Promise<void> {
    const asked = this.handover.whoIsAhead;
    if (asked.length === 0 || this.isLookingAhead) return;
    this.isLookingAhead = true;
    try {
      const { head } = await this.log.read(this.head, 1);
      // Who is being asked about goes on with the answer.
      const settled = asked.filter(({ userId }) => !this.memberships.isAsking(userId));
      this.handover.judgeAhead(settled, head);
    } catch {
      // The log does not answer: the next look will tell.
    } finally {
      this.isLookingAhead = false;
    }
  }

  private keepHouse(now: number): void {
    this.window.prune(now);
    this.kicks.forgetUntil(this.window.oldestPlace);
    this.delivery.prune(now);
    void this.lookAhead();
    this.memberships.recheck(now);
    this.fences.prune(now);
    this.dismissals.keepHouse(now);
  }
}
