import { Audience } from '../log/audience';
import { Position } from '../log/position';
import { EventRecord, LogRecord, RefreshRecord, TypingRecord } from '../log/records';
import { Connection } from './connection';
import { EventFrames } from './event-frames';
import { textFrame } from './frame';
import { LiveUser } from './live-user';
import { Outbox } from './outbox';
import { Recipients } from './recipients';
import { RefreshMemory } from './refresh-memory';
import { RefreshQueue } from './refresh-queue';
import { SlowConsumerLimits, SlowConsumers } from './slow-consumers';
import { Typing, TypingOptions, typingKey } from './typing';

/** What delivery is told at boot. */
export interface DeliveryOptions {
  readonly slowConsumer: SlowConsumerLimits;
  readonly typing: TypingOptions;
  /** Refreshes a second on this node, now; infinity: all at once. */
  readonly refreshPerSecond: () => number;
  /** For how long clients may come back from, in milliseconds. */
  readonly window: { readonly maxMs: number };
}

type Refresh = RefreshRecord['what'];

const REFRESH_FRAMES: Readonly<Record<Refresh, Buffer>> = {
  UPDATE_STATUS: textFrame('{"message_type":"UPDATE_STATUS"}'),
  UPDATE_USERS: textFrame('{"message_type":"UPDATE_USERS"}'),
};

/** For how long a user who has joined a topic gets its refreshes at once, in milliseconds. */
const JUST_JOINED_MS = 5_000;

/** How many typing indicators wait for one connection that does not read. */
const MAX_HELD_TYPING = 100;

/** Brings what happens to live connections: messages at once, typing now or never, refreshes in turn. */
export class Delivery {
  private readonly frames = new EventFrames();
  private readonly typing: Typing;
  private readonly outbox: Outbox;
  private readonly slow: SlowConsumers;
  private readonly refreshes: RefreshQueue;
  private readonly refreshMemory: RefreshMemory;

  constructor(
    private readonly recipients: Recipients,
    options: DeliveryOptions,
    onTooSlow: (connection: Connection) => void,
  ) {
    this.typing = new Typing(options.typing);
    this.slow = new SlowConsumers(options.slowConsumer, onTooSlow, (connection) =>
      this.releaseTyping(connection),
    );
    this.outbox = new Outbox((connection) => this.slow.look(connection));
    this.refreshes = new RefreshQueue(
      options.refreshPerSecond,
      (connection) => connection.isLive && !this.slow.isHalfFull(connection),
      (connection, what) => this.outbox.add(connection, REFRESH_FRAMES[what]),
      () => this.outbox.flush(),
    );
    this.refreshMemory = new RefreshMemory(options.window.maxMs);
  }

  /** Events for one audience, to every live connection of it: a burst walks the audience once. */
  events(audience: Audience, records: readonly LogRecord<EventRecord>[]): void {
    let plain: Buffer[] | undefined;
    let resumable: Buffer[] | undefined;
    this.recipients.forEachLive(audience, (connection) => {
      const frames = connection.isResumable
        ? (resumable ??= records.map((record) => this.frames.resumable(record)))
        : (plain ??= records.map((record) => this.frames.plain(record)));
      this.outbox.addAll(connection, frames);
    });
    for (const { body } of records) this.overtakeTyping(body);
  }

  /** To every live connection of the audience but the typing user's own. */
  typingIndicator(record: LogRecord<TypingRecord>): void {
    const { body, at } = record;
    if (!this.typing.admits(record, Date.now())) return;
    const frame = this.frames.plain(record);
    const key = typingKey(body.topic, body.author);
    this.recipients.forEachLive(body.audience, (connection, user) => {
      if (user.id === body.author) return;
      if (this.slow.isBehind(connection)) this.holdTyping(connection, key, { frame, at });
      else this.outbox.add(connection, frame);
    });
  }

  /** To every live connection of the audience, in its turn. */
  refresh(record: LogRecord<RefreshRecord>): void {
    const { body, at } = record;
    this.recipients.forEachLive(body.audience, (connection, user) => {
      this.refreshes.add(connection, body.what, isAtOnce(user, at, body.actor));
    });
    // Now, and not with the flush: what the budget has keeps its place among the events of the batch.
    this.refreshes.run();
    this.refreshMemory.add(record, this.refreshes.spreadMs);
  }

  /** To one connection that catches up: what its user should have seen of the past, of refreshes one, where the first was. */
  past(records: readonly LogRecord[], connection: Connection, user: LiveUser): void {
    let refresh = mergedRefresh(records, user);
    for (const record of records) {
      if (record.body.kind === 'event') {
        this.outbox.add(connection, this.pastFrame(record as LogRecord<EventRecord>, connection));
      } else if (refresh) {
        this.refreshes.add(connection, refresh.what, refresh.atOnce);
        this.refreshes.run();
        refresh = undefined;
      }
    }
  }

  /** Whether {@link past} takes more than so many bytes: no frame beyond them is made to find out. */
  isPastOver(maxBytes: number, records: readonly LogRecord[], connection: Connection): boolean {
    let bytes = 0;
    return records.some((record) => {
      if (record.body.kind === 'event')
        bytes += this.pastFrame(record as LogRecord<EventRecord>, connection).length;
      return bytes > maxBytes;
    });
  }

  /** The refreshes up to a place whose turns were not over when a client had come so far; undefined: unknown. */
  refreshesUnderWay(place: Position, time: number): LogRecord<RefreshRecord>[] | undefined {
    return this.refreshMemory.underWayAt(place, time);
  }

  /** One refresh to one connection, in its turn. */
  refreshOne(connection: Connection, what: Refresh): void {
    this.refreshes.add(connection, what, false);
  }

  /** Forgets what has had its time. */
  prune(now: number): void {
    this.refreshMemory.prune(now);
  }

  /** One frame of the server's own. */
  control(connection: Connection, frame: Buffer): void {
    this.outbox.add(connection, frame);
  }

  /** Writes what has been gathered. */
  flush(): void {
    this.refreshes.run();
    this.outbox.flush();
  }

  forget(connection: Connection): void {
    // Its turn had not come, and its client's place may lie beyond.
    if (connection.isResumable && connection.refresh) this.refreshMemory.extend(Date.now() + 1);
    this.slow.forget(connection);
  }

  close(): void {
    this.refreshes.close();
    this.outbox.close();
    this.slow.close();
  }

  private overtakeTyping({ topic, author }: EventRecord): void {
    if (author === undefined || topic === undefined) return;
    this.typing.overtaken(topic, author);
    const key = typingKey(topic, author);
    this.slow.forEach((connection) => connection.heldTyping?.delete(key));
  }

  private pastFrame(record: LogRecord<EventRecord>, connection: Connection): Buffer {
    return connection.isResumable ? this.frames.resumable(record) : this.frames.plain(record);
  }

  private holdTyping(connection: Connection, key: string, held: { frame: Buffer; at: number }): void {
    if (this.slow.isHalfFull(connection)) return;
    connection.heldTyping ??= new Map();
    if (connection.heldTyping.size < MAX_HELD_TYPING || connection.heldTyping.has(key))
      connection.heldTyping.set(key, held);
  }

  private releaseTyping(connection: Connection): void {
    const held = connection.heldTyping?.values() ?? [];
    connection.heldTyping = undefined;
    const now = Date.now();
    for (const { frame, at } of held) if (!this.typing.isStale(at, now)) this.outbox.add(connection, frame);
    this.outbox.flush();
  }
}

/** All refreshes among some records as one. */
function mergedRefresh(
  records: readonly LogRecord[],
  user: LiveUser,
): { readonly what: Refresh; readonly atOnce: boolean } | undefined {
  let what: Refresh | undefined;
  let atOnce = false;
  for (const { body, at } of records) {
    if (body.kind !== 'refresh') continue;
    what = what === 'UPDATE_STATUS' ? what : body.what;
    atOnce ||= isAtOnce(user, at, body.actor);
  }
  return what && { what, atOnce };
}

/** Who caused a refresh, or has just joined a topic, does not wait for his turn. */
function isAtOnce(user: LiveUser, at: number, actor: string | undefined): boolean {
  return user.id === actor || at - user.joinedAt < JUST_JOINED_MS;
}
