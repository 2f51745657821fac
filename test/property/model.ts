import { formatCursor, parseCursor } from '../../src/log/position';
import { EventRecord, LogRecord, MembershipRecord, RefreshRecord } from '../../src/log/records';
import { Topic, topic } from '../../src/protocol/topic';
import { GREETING } from '../../src/protocol/wire';

export const USERS = ['ann', 'bob', 'cid'];
export const TOPICS = [topic('CHANNEL', 'a'), topic('CHANNEL', 'b')];
export const HEARTBEAT_MS = 25_000;
const GREETING_FRAME = JSON.stringify(GREETING);

/** A question to the host, as the model sees it. */
export interface Asked {
  readonly userId: string;
  readonly session: object;
  readonly askedAt: number;
}

/** What is expected of one connection. */
export class Expected {
  readonly frames: string[] = [];
  closed: 'disconnected' | 'tryAgainLater' | 'left' | 'expired' | undefined;
  /** The place up to which it has got everything; undefined while it is live. */
  behind: number | undefined;
  isNew = true;

  constructor(
    readonly userId: string,
    readonly tookPlaceAt: number,
    /** The cursor it came with, empty the first time; undefined: a plain connection. */
    readonly resume: string | undefined,
    /** The log of its time. */
    readonly log: readonly LogRecord[],
  ) {
    this.behind = tookPlaceAt;
  }
}

/** A user while he is connected. */
interface Session {
  known: Set<Topic>;
  changedAt: number;
  isAsked: boolean;
}

/** PROTOCOL.md, naively: the whole log is kept, and read again whenever something is to be decided. */
export class Model {
  log: LogRecord[] = [];
  sessions = new Map<string, Session>();
  readonly connections: Expected[] = [];
  /** What lies up to here can't be replayed any more. */
  private trimmed = 0;
  private readonly isAhead = new Set<Expected>();
  epoch = 0;

  get head(): number {
    return this.log.length;
  }

  cursor(seq: number): string {
    return formatCursor({ epoch: this.epoch, seq });
  }

  open(userId?: string): Expected[] {
    return this.connections.filter((each) => !each.closed && (userId ?? each.userId) === each.userId);
  }

  /** @param logHead what the log itself has, seen by this node or not */
  register(userId: string, tookPlaceAt: number, resume: string | undefined): Expected {
    const session = this.sessions.get(userId) ?? { known: new Set<Topic>(), changedAt: 0, isAsked: true };
    session.isAsked = true;
    this.sessions.set(userId, session);
    const each = new Expected(userId, tookPlaceAt, resume, this.log);
    this.connections.push(each);
    return each;
  }

  restart(epoch: number): void {
    for (const each of this.open()) each.closed = 'left';
    this.sessions.clear();
    this.log = [];
    this.trimmed = 0;
    this.epoch = epoch;
  }

  trim(): void {
    this.trimmed = this.head;
  }

  apply(records: readonly LogRecord[]): void {
    for (const record of records) this.applyOne(record);
    for (const each of this.open()) {
      if (each.isNew || each.behind === undefined || each.behind > this.head) continue;
      if (this.isAhead.has(each) && !this.sessions.get(each.userId)!.isAsked) this.goOn(each);
    }
  }

  answered({ userId, session, askedAt }: Asked, answer: readonly Topic[] | undefined, logHead: number): void {
    const current = this.sessions.get(userId);
    if (!current || current !== session || current.changedAt > askedAt) return;
    current.isAsked = false;
    if (answer) current.known = new Set(TOPICS.filter((key) => this.holds(userId, key, answer, askedAt)));
    for (const each of this.open(userId).filter(({ behind }) => behind !== undefined)) {
      if (!each.isNew) this.goOn(each);
      else if (!answer) this.close(each, 'tryAgainLater');
      else this.begin(each, logHead);
    }
  }

  beat(each: Expected): void {
    if (each.resume === undefined || each.isNew) return;
    each.frames.push(control('HEARTBEAT', { cursor: this.cursor(each.behind ?? this.head) }));
  }

  close(each: Expected, why: Expected['closed']): void {
    each.closed = why;
    this.isAhead.delete(each);
    if (this.open(each.userId).length === 0) this.sessions.delete(each.userId);
  }

  /** Whether the last word of the log about a user and a topic, before a place, is that he is not in it. */
  bars(userId: string, key: Topic, place: number, log: readonly LogRecord[] = this.log): boolean {
    const last = words(log, userId, key, place).at(-1)?.change;
    return last === 'left' || last === 'closed';
  }

  private applyOne(record: LogRecord): void {
    this.log.push(record);
    const { body } = record;
    const live = this.open().filter(({ behind }) => behind === undefined);
    if (body.kind === 'event') {
      for (const each of live) if (this.isFor(each, body)) this.deliver(each, record as never);
    } else if (body.kind === 'refresh') {
      for (const each of live) if (this.isFor(each, body)) each.frames.push(refresh(body.what));
    } else if (body.kind === 'disconnect') {
      for (const each of this.open(body.userId)) this.close(each, 'disconnected');
    } else if (body.kind === 'membership') {
      for (const [userId, session] of this.sessions) this.applyTo(session, userId, body);
    }
  }

  /** The host's answer, and what the log has said since the last `changed` that the answer knows of. */
  private holds(userId: string, key: Topic, answer: readonly Topic[], askedAt: number): boolean {
    const known = words(this.log, userId, key, askedAt + 1).findLastIndex(
      ({ change }) => change === 'changed',
    );
    const last = words(this.log, userId, key, Infinity)
      .slice(known + 1)
      .findLast(({ change }) => change !== 'changed');
    return last ? last.change === 'joined' : answer.includes(key);
  }

  private applyTo(session: Session, userId: string, body: MembershipRecord): void {
    if (body.change !== 'closed' && !body.userIds.includes(userId)) return;
    if (body.change === 'joined') session.known.add(body.topic);
    else if (body.change !== 'changed') session.known.delete(body.topic);
    else {
      session.changedAt = this.head;
      session.isAsked = true;
      for (const each of this.open(userId)) each.behind ??= this.head;
    }
  }

  private begin(each: Expected, logHead: number): void {
    each.isNew = false;
    const { userId, tookPlaceAt, resume } = each;
    const isKick = ({ body }: LogRecord) => body.kind === 'disconnect' && body.userId === userId;
    if (this.log.slice(tookPlaceAt).some(isKick)) return this.close(each, 'disconnected');
    if (resume === undefined) {
      if (!this.covers(tookPlaceAt)) return this.close(each, 'tryAgainLater');
      each.frames.push(GREETING_FRAME);
      return this.replay(each, tookPlaceAt);
    }
    if (resume === '') {
      const from = this.covers(tookPlaceAt) ? tookPlaceAt : this.head;
      this.connected(each, this.cursor(from), false);
      return this.replay(each, from);
    }
    const place = parseCursor(resume);
    if (!place) return this.startOver(each, 'CURSOR_UNKNOWN');
    if (place.epoch !== this.epoch) return this.startOver(each, 'HISTORY_LOST');
    if (place.seq <= this.head && !this.covers(place.seq)) return this.startOver(each, 'CURSOR_TOO_OLD');
    this.connected(each, resume, true);
    if (place.seq <= this.head) return this.replay(each, place.seq);
    each.behind = place.seq;
    if (place.seq > logHead) this.resync(each, 'CURSOR_UNKNOWN');
    else this.isAhead.add(each);
  }

  private goOn(each: Expected): void {
    const from = each.behind!;
    if (from > this.head) return;
    this.isAhead.delete(each);
    if (this.covers(from)) this.replay(each, from);
    else if (each.resume === undefined) this.close(each, 'tryAgainLater');
    else this.resync(each, 'CURSOR_TOO_OLD');
  }

  private startOver(each: Expected, reason: string): void {
    this.connected(each, this.cursor(this.head), false);
    this.resync(each, reason);
  }

  private resync(each: Expected, reason: string): void {
    this.isAhead.delete(each);
    each.frames.push(control('RESYNC', { cursor: this.cursor(this.head), reason, spread_ms: 0 }));
    each.behind = undefined;
  }

  private connected(each: Expected, cursor: string, resumed: boolean): void {
    each.frames.push(control('CONNECTED', { cursor, resumed, heartbeat_ms: HEARTBEAT_MS }));
  }

  private replay(each: Expected, from: number): void {
    const missed = this.log.slice(from).filter(({ body, position }) => {
      if (body.kind !== 'event' && body.kind !== 'refresh') return false;
      const { target } = body.audience;
      const isBarred = target.kind === 'topic' && this.bars(each.userId, target.topic, position.seq);
      return !isBarred && this.isFor(each, body);
    });
    const hints = new Set(missed.map(({ body }) => body.kind === 'refresh' && body.what));
    for (const [index, record] of missed.entries()) {
      if (record.body.kind === 'refresh') {
        if (hints.size > 0)
          each.frames.push(refresh(hints.has('UPDATE_STATUS') ? 'UPDATE_STATUS' : record.body.what));
        hints.clear();
      } else if (each.resume === undefined || !isOvertaken(record, missed.slice(index + 1)))
        this.deliver(each, record as never);
    }
    each.behind = undefined;
  }

  private covers(place: number): boolean {
    return place >= this.trimmed || place === this.head;
  }

  private isFor({ userId }: Expected, { audience }: EventRecord | RefreshRecord): boolean {
    const { target, excepted } = audience;
    const { known } = this.sessions.get(userId)!;
    const isIn =
      target.kind === 'everyone' ||
      (target.kind === 'users' ? target.userIds.includes(userId) : known.has(target.topic));
    return isIn && !excepted.has(userId);
  }

  private deliver({ frames, resume }: Expected, { body, position }: LogRecord<EventRecord>): void {
    const cursor = `,"cursor":"${this.cursor(position.seq)}"}`;
    frames.push(resume === undefined ? body.json : body.json.replace(/\}$/, cursor));
  }
}

/** What the log says of a user and a topic, before a place. */
function words(log: readonly LogRecord[], userId: string, key: Topic, before: number): MembershipRecord[] {
  return log
    .slice(0, Math.max(0, Math.min(before - 1, log.length)))
    .map(({ body }) => body)
    .filter((body) => body.kind === 'membership')
    .filter((body) => body.change === 'closed' || body.userIds.includes(userId))
    .filter((body) => body.change === 'changed' || body.topic === key);
}

/** Whether a later event of the same message makes this one needless. */
export function isOvertaken({ body: event }: LogRecord, later: readonly LogRecord[]): boolean {
  if (event.kind !== 'event') return false;
  return later.some(
    ({ body }) =>
      body.kind === 'event' &&
      body.subject === event.subject &&
      body.topic === event.topic &&
      (body.type === 'DELETE_MESSAGE' || (body.type === 'EDIT_MESSAGE' && event.type === 'EDIT_MESSAGE')),
  );
}

function control(message_type: string, rest: object): string {
  return JSON.stringify({ message_type, ...rest });
}

function refresh(what: string): string {
  return JSON.stringify({ message_type: what });
}
