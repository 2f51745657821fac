import { Position, comparePositions, parseCursor } from '../log/position';
import { LogRecord } from '../log/records';
import { Close, closeWithHint } from '../protocol/close-codes';
import { ResyncReason } from '../protocol/control';
import { compact } from './compaction';
import { Behind, Connection } from './connection';
import { ControlFrames } from './control-frames';
import { Delivery } from './delivery';
import { Kicks } from './kicks';
import { LiveUser } from './live-user';
import { Recipients } from './recipients';
import { ResyncSpread } from './resync-spread';
import { Window } from './window';

/** What a handover is told at boot. */
export interface HandoverOptions {
  /** Whether a replay leaves out what it overtakes itself. */
  readonly compact: boolean;
  /** What one replay may take, in bytes. */
  readonly maxReplayBytes: number;
}

/** What becomes of a connection that can't be caught up. */
export interface HandoverOwner {
  close(connection: Connection, close: Close): void;
  /** A gap that a plain connection can't be told of: its front end is to reload, in its turn. */
  sendAwayInTurn(connection: Connection): void;
  /** It could not be served, for a reason of ours. */
  fail(connection: Connection, error: unknown): void;
}

/** Within how long a client that could not be served comes back, in milliseconds. */
const COME_BACK_WITHIN_MS = 8_000;

const NOBODY: readonly Connection[] = [];

/** The user was disconnected by the host. */
export const KICKED: Close = { name: 'unauthorized', reason: 'disconnected' };

/**
 * Brings a connection from a place in the log to live, in one synchronous turn: everything between the two is
 * walked, filtered and queued, and whatever comes after is live. Nothing is held aside for anyone.
 */
export class Handover {
  /** Connections with a cursor that this node has yet to reach. */
  private readonly ahead = new Set<Connection>();
  /** What lies before it, this node may not have seen. */
  private brokenUntil: Position = { epoch: 0, seq: 0 };

  constructor(
    private readonly window: Window,
    private readonly kicks: Kicks,
    private readonly recipients: Recipients,
    private readonly delivery: Delivery,
    private readonly frames: ControlFrames,
    private readonly spread: ResyncSpread,
    private readonly options: HandoverOptions,
    private readonly owner: HandoverOwner,
  ) {}

  /** Who waits for this node to reach his cursor. */
  get whoIsAhead(): readonly Connection[] {
    return this.ahead.size > 0 ? [...this.ahead] : NOBODY;
  }

  /** A connection that was live waits at the head until its user's topics are known again. */
  putBehind(connection: Connection): void {
    if (connection.isLive) connection.fallBehind('changed', this.window.take());
  }

  /** Records can't be had: nobody gets anything until his user's topics are known again. The window begins at `next`. */
  breakOff(connections: Iterable<Connection>, next: Position, last: Position): void {
    this.brokenUntil = next;
    for (const connection of connections) {
      const { state } = connection;
      // One that is new is told when it is judged: its place lies before the break.
      if (state.kind === 'closed' || (state.kind === 'behind' && state.cause === 'new')) continue;
      const from = state.kind === 'behind' ? state.from : last;
      // It came from a node that has the break behind it.
      const isBeyond = connection.isResumable && comparePositions(from, next) >= 0;
      this.leave(connection);
      connection.fallBehind(isBeyond ? 'ahead' : 'broken', this.window.take(), from);
      if (isBeyond) this.ahead.add(connection);
      else if (!connection.isResumable) this.owner.sendAwayInTurn(connection);
    }
  }

  /** The host has answered, or has not: the user's connections that are behind go on. */
  settle(user: LiveUser, outcome: 'known' | 'failed'): void {
    for (const connection of [...user.connections]) {
      const { state } = connection;
      if (state.kind !== 'behind') continue;
      if (outcome === 'failed' && state.cause === 'new') this.sendAway(connection);
      // After a break the last answer does not do: the host is being asked again.
      else if (outcome === 'known' || state.cause !== 'broken') this.tryToCatchUp(connection, state, user);
    }
    this.delivery.flush();
  }

  /** This node has come further: who waited for that goes on. */
  advance(userOf: (connection: Connection) => LiveUser | undefined): void {
    for (const connection of this.whoIsAhead) {
      const { state } = connection;
      const user = userOf(connection);
      if (user && state.kind === 'behind') this.tryToCatchUp(connection, state, user);
    }
  }

  /**
   * A cursor beyond the log's own head was never given.
   *
   * @param asked who was ahead when the log was asked for its head
   */
  judgeAhead(asked: readonly Connection[], logHead: Position): void {
    for (const connection of asked) {
      const { state } = connection;
      if (state.kind !== 'behind' || state.cause !== 'ahead') continue;
      if (comparePositions(state.from, logHead) > 0) this.resync(connection, 'CURSOR_UNKNOWN');
    }
    this.delivery.flush();
  }

  /** Tells a live connection that something for it is not in the log. */
  refuse(connection: Connection): void {
    if (connection.isResumable) this.resync(connection, 'EVENT_REFUSED');
    else this.owner.sendAwayInTurn(connection);
  }

  /** Something that was in the log, and may have been for a live connection, did not reach it. */
  miss(connection: Connection): void {
    if (connection.isResumable) this.resync(connection, 'HISTORY_LOST');
    else this.owner.sendAwayInTurn(connection);
  }

  /** A connection is behind no more. */
  leave(connection: Connection): void {
    this.ahead.delete(connection);
    if (connection.state.kind === 'behind') this.window.release(connection.state.place);
  }

  private tryToCatchUp(connection: Connection, state: Behind, user: LiveUser): void {
    try {
      this.catchUp(connection, state, user);
    } catch (error) {
      this.owner.fail(connection, error);
    }
  }

  private catchUp(connection: Connection, state: Behind, user: LiveUser): void {
    if (state.cause === 'new') this.begin(connection, state, user);
    else if (!connection.isResumable) this.reload(connection, state, user);
    else if (state.cause === 'broken') this.resync(connection, this.reasonOf(state.from));
    else this.goOn(connection, state, user);
  }

  private begin(connection: Connection, { place }: Behind, user: LiveUser): void {
    // Whether the user was disconnected since, nobody can say.
    if (comparePositions(place.position, this.brokenUntil) < 0) return this.sendAway(connection);
    if (this.kicks.hitsAfter(user.id, place.position)) return this.owner.close(connection, KICKED);
    if (!connection.isResumable) return this.greet(connection, place.position, user);
    const asked = connection.takeAsked();
    if (asked === '') return this.beginAnew(connection, place.position, user);
    const cursor = parseCursor(asked);
    if (!cursor) return this.startOver(connection, 'CURSOR_UNKNOWN');
    const { head } = this.window;
    if (comparePositions(cursor, head) > 0) return this.waitFor(connection, cursor);
    if (!this.window.covers(cursor)) return this.startOver(connection, this.reasonOf(cursor));
    this.resume(connection, cursor, user);
  }

  /** A plain connection, new: the greeting, and what came since its place. */
  private greet(connection: Connection, place: Position, user: LiveUser): void {
    if (!this.window.covers(place)) return this.sendAway(connection);
    const missed = this.missedBy(user, place);
    this.goLive(connection);
    if (this.frames.greeting) this.delivery.control(connection, this.frames.greeting);
    this.delivery.past(missed, connection, user);
  }

  /** A plain connection whose user's topics were asked for again. */
  private reload(connection: Connection, { cause, from }: Behind, user: LiveUser): void {
    if (cause === 'broken') return;
    if (!this.window.covers(from)) return this.sendAway(connection);
    const missed = this.missedBy(user, from);
    this.goLive(connection);
    this.delivery.past(missed, connection, user);
    if (missed.some(isRefusal)) this.owner.sendAwayInTurn(connection);
  }

  /** A resumable connection, for the first time: where what came since is too much, it begins at the head. */
  private beginAnew(connection: Connection, place: Position, user: LiveUser): void {
    const missed = this.window.covers(place) ? this.replayOf(connection, place, user) : undefined;
    const isWhole = missed !== undefined && typeof missed !== 'string';
    this.goLive(connection);
    this.connected(connection, isWhole ? place : this.window.head, false);
    if (isWhole) this.delivery.past(missed, connection, user);
  }

  /** A resumable connection that comes back with a cursor that is covered. */
  private resume(connection: Connection, cursor: Position, user: LiveUser): void {
    const missed = this.replayOf(connection, cursor, user);
    if (typeof missed === 'string') return this.startOver(connection, missed);
    this.goLive(connection);
    this.connected(connection, cursor, true);
    this.delivery.past(missed, connection, user);
    this.refreshAgain(connection, cursor, user);
  }

  /** A resumable connection that was live, or waited for this node to reach its cursor. */
  private goOn(connection: Connection, { cause, from }: Behind, user: LiveUser): void {
    if (comparePositions(from, this.window.head) > 0) return;
    if (!this.window.covers(from)) return this.resync(connection, this.reasonOf(from));
    const missed = this.replayOf(connection, from, user);
    if (typeof missed === 'string') return this.resync(connection, missed);
    this.goLive(connection);
    this.delivery.past(missed, connection, user);
    if (cause === 'ahead') this.refreshAgain(connection, from, user);
  }

  /** Up to its cursor nothing is sent. */
  private waitFor(connection: Connection, cursor: Position): void {
    this.leave(connection);
    connection.fallBehind('ahead', this.window.take(), cursor);
    this.ahead.add(connection);
    this.connected(connection, cursor, true);
  }

  private startOver(connection: Connection, reason: ResyncReason): void {
    this.connected(connection, this.window.head, false);
    this.resync(connection, reason);
  }

  private resync(connection: Connection, reason: ResyncReason): void {
    this.goLive(connection);
    const spreadMs = this.spread.take(performance.now());
    this.delivery.control(connection, this.frames.resync(this.window.head, reason, spreadMs));
  }

  private goLive(connection: Connection): void {
    this.leave(connection);
    connection.goLive();
  }

  private connected(connection: Connection, place: Position, resumed: boolean): void {
    this.delivery.control(connection, this.frames.connected(place, resumed));
  }

  /** What a resumable connection gets of the past, or why it has to fetch. */
  private replayOf(connection: Connection, from: Position, user: LiveUser): LogRecord[] | ResyncReason {
    const missed = this.missedBy(user, from);
    if (missed.some(isRefusal)) return 'EVENT_REFUSED';
    const needed = this.options.compact ? compact(missed) : missed;
    const isTooLong = this.delivery.isPastOver(this.options.maxReplayBytes, needed, connection);
    return isTooLong ? 'REPLAY_TOO_LONG' : needed;
  }

  private missedBy(user: LiveUser, from: Position): LogRecord[] {
    return this.window.missedBy(user.id, user.topics, from).filter((record) => this.isFor(user, record));
  }

  private isFor(user: LiveUser, { body, position }: LogRecord): boolean {
    return 'audience' in body && this.recipients.includesPast(body.audience, user, position);
  }

  /** Refreshes have no cursor: those whose turns were not over at the client's place come again. */
  private refreshAgain(connection: Connection, cursor: Position, user: LiveUser): void {
    const underWay = this.delivery.refreshesUnderWay(cursor, this.window.timeOf(cursor));
    if (!underWay) this.delivery.refreshOne(connection, 'UPDATE_STATUS');
    for (const record of underWay ?? []) {
      if (this.isFor(user, record)) this.delivery.refreshOne(connection, record.body.what);
    }
  }

  private reasonOf(cursor: Position): ResyncReason {
    return cursor.epoch === this.window.head.epoch ? 'CURSOR_TOO_OLD' : 'HISTORY_LOST';
  }

  private sendAway(connection: Connection): void {
    this.owner.close(connection, closeWithHint('tryAgainLater', COME_BACK_WITHIN_MS));
  }
}

function isRefusal({ body }: LogRecord): boolean {
  return body.kind === 'refusal';
}
