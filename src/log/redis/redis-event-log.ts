import { LogUnavailableError } from '../../live-messages.errors';
import { EventLog, LogFollower, LogRange, LogSubscription, RecordBatch } from '../event-log';
import { Position, comparePositions } from '../position';
import { RevocationRecord } from '../records';
import { Gathering } from './gathering';
import { HighWater } from './high-water';
import { LogAge } from './log-age';
import { RedisKeys, keysOf } from './keys';
import { LogHead, RedisAppender } from './redis-appender';
import { RedisClient, RedisRole, keyPrefixOf, makeClient } from './redis-client';
import { plainError } from './redis-error';
import { RedisEventLogOptions } from './redis-event-log.options';
import { RedisLink } from './redis-link';
import { RedisPresenceStore } from './redis-presence-store';
import { decodeRevocations, encodeRevocation } from './revocation-codec';
import { RedisTail } from './redis-tail';
import { REDIS_TIMINGS, RedisTimings } from './redis-timings';
import { StreamEntry } from './stream-entry';
import { StreamReader } from './stream-reader';
import { positionOf, streamIdOf } from './stream-id';
import { within } from './within';

const UNREACHABLE = 'The event log on Redis can not be reached';

/**
 * The ordered log as one Redis stream, whose ids are the positions. Building one opens nothing: the first append, read
 * or follow does.
 */
export class RedisEventLog extends EventLog {
  private readonly keys: RedisKeys;
  private readonly writer: RedisLink;
  private readonly appender: RedisAppender;
  private readonly highWater = new HighWater();
  private readonly age: LogAge;
  private readonly tails = new Set<RedisTail>();
  private readonly timings: RedisTimings;
  private readonly presenceStore: RedisPresenceStore;
  private beat: NodeJS.Timeout | undefined;
  private isBeating = false;
  private closed = false;

  constructor(
    private readonly options: RedisEventLogOptions,
    private readonly onError: (message: string, error: Error) => void,
    timings: Partial<RedisTimings> = {},
  ) {
    super();
    this.timings = { ...REDIS_TIMINGS, ...timings };
    this.keys = keysOf(options.prefix ?? 'live-messages', keyPrefixOf(options));
    this.age = new LogAge(options.maxMs ?? 300_000);
    this.writer = this.makeLink('writer', () => void this.keepHouse());
    const maxRecords = options.maxRecords ?? 1_000_000;
    this.appender = new RedisAppender(this.writer, this.keys, maxRecords, this.highWater, this.timings);
    this.presenceStore = new RedisPresenceStore(
      (run) => this.asking(() => this.command(run)),
      this.keys.presence,
      this.timings,
      (why) => this.onError('Presence on Redis can not be kept', why),
    );
  }

  append(batch: RecordBatch): Promise<readonly Position[]> {
    return this.closed ? Promise.reject(isClosed()) : this.appender.append(batch);
  }

  async follow(after: Position | 'now', follower: LogFollower): Promise<LogSubscription> {
    const { head, fleetingId, isHeld } = await this.asking(async () => {
      const found = await this.appender.look();
      return { ...found, isHeld: after === 'now' || (await this.holds(after, found)) };
    });
    const from = after === 'now' || !isHeld ? head : after;
    const reader = new StreamReader(from, fleetingId, (why) => this.onUnreadable(why));
    const link = this.makeLink('follower');
    const { keys, highWater, timings } = this;
    const gathering = new Gathering(() => this.presenceStore.nodes, timings.gatherMs);
    const tail = new RedisTail(link, keys, reader, follower, highWater, gathering, timings, this.onError);
    this.tails.add(tail);
    void tail.run(isHeld ? undefined : head);
    this.beat ??= setInterval(() => void this.keepHouse(), this.timings.beatMs);
    return { from, close: () => this.end(tail) };
  }

  read(after: Position | 'oldest', limit: number): Promise<LogRange> {
    return this.asking(async () => {
      const { head } = await this.appender.look();
      const oldest = { epoch: head.epoch, seq: 0 };
      const isOfThisLife = after === 'oldest' || (after.epoch === head.epoch && after.seq <= head.seq);
      if (!isOfThisLife) return { kind: 'lost', head };
      const entries = await this.range(after === 'oldest' ? oldest : after, limit);
      return this.rangeOf(entries, after, head);
    });
  }

  saveRevocation(revocation: RevocationRecord): Promise<void> {
    const { revocations: key } = this.keys;
    return this.asking(() =>
      this.command(async (client) => {
        await client.zremrangebyscore(key, '-inf', Date.now());
        await client.zadd(key, 'GT', revocation.until, encodeRevocation(revocation));
      }),
    );
  }

  revocations(): Promise<readonly RevocationRecord[]> {
    return this.asking(() =>
      this.command(async (client) => {
        const range = [this.keys.revocations, Date.now(), '+inf', 'BYSCORE', 'WITHSCORES'] as const;
        return decodeRevocations(await client.zrange(...range));
      }),
    );
  }

  override presence(): RedisPresenceStore {
    return this.presenceStore;
  }

  close(): Promise<void> {
    this.closed = true;
    clearInterval(this.beat);
    for (const tail of this.tails) tail.close();
    this.tails.clear();
    this.writer.close();
    return Promise.resolve();
  }

  private end(tail: RedisTail): void {
    tail.close();
    this.tails.delete(tail);
    if (this.tails.size > 0) return;
    clearInterval(this.beat);
    this.beat = undefined;
  }

  private async asking<T>(ask: () => Promise<T>): Promise<T> {
    if (this.closed) throw isClosed();
    try {
      const answer = await ask();
      if (!this.closed) return answer;
    } catch (error) {
      const cause = plainError(error);
      if (!this.closed) throw new LogUnavailableError('refused', cause.message, { cause });
    }
    throw isClosed();
  }

  /** Whether everything after a place is still there. */
  private async holds(after: Position, { head }: LogHead): Promise<boolean> {
    if (after.epoch !== head.epoch || after.seq > head.seq) return false;
    if (after.seq === head.seq) return true;
    const [next] = await this.range(after, 1);
    const place = next && positionOf(next[0]);
    return place !== undefined && comparePositions(place, { ...after, seq: after.seq + 1 }) === 0;
  }

  private range(after: Position, limit: number): Promise<StreamEntry[]> {
    return this.command((client) =>
      client.xrange(this.keys.log, `(${streamIdOf(after)}`, '+', 'COUNT', limit),
    );
  }

  private rangeOf(entries: readonly StreamEntry[], after: Position | 'oldest', head: Position): LogRange {
    const first = positionOf(entries[0]?.[0] ?? '');
    const place = after !== 'oldest' ? after : first ? { ...first, seq: first.seq - 1 } : head;
    if (!first)
      return comparePositions(place, head) < 0
        ? { kind: 'lost', head }
        : { kind: 'records', records: [], head };
    const [reading] = new StreamReader(place, '0-0', (why) => this.onUnreadable(why)).read(entries, []);
    if (reading?.kind !== 'records') return { kind: 'lost', head };
    const last = reading.records.at(-1)!.position;
    return {
      kind: 'records',
      records: reading.records,
      head: comparePositions(last, head) > 0 ? last : head,
    };
  }

  /** Looks after the log's life while somebody follows: its head, its age, and tails that stay behind. */
  private async keepHouse(): Promise<void> {
    if (this.isBeating || this.tails.size === 0) return;
    this.isBeating = true;
    try {
      const { head, at } = await this.appender.look();
      for (const tail of this.tails) tail.compare(head, performance.now());
      const outlived = this.age.outlived(head, at);
      if (outlived) await this.trim(outlived);
    } catch (error) {
      if (!this.closed) this.onError(UNREACHABLE, plainError(error));
    } finally {
      this.isBeating = false;
    }
  }

  private async trim(until: Position): Promise<void> {
    await this.command((client) => client.xtrim(this.keys.log, 'MINID', '~', streamIdOf(until)));
  }

  /** On the connection that writes; one that does not answer is given up. */
  private async command<T>(run: (client: RedisClient) => Promise<T>): Promise<T> {
    const client = await this.writer.ready(this.timings.graceMs);
    try {
      return await within(this.timings.commandMs, run(client));
    } catch (error) {
      if ((error as Error).name !== 'ReplyError') this.writer.drop(client, plainError(error));
      throw error;
    }
  }

  private makeLink(role: RedisRole, onUp?: () => void): RedisLink {
    return new RedisLink({
      make: () => makeClient(this.options, role),
      connectMs: this.timings.connectMs,
      onDown: (error) => {
        if (!this.closed) this.onError(UNREACHABLE, error);
      },
      onUp,
    });
  }

  private onUnreadable(why: string): void {
    this.onError('A record of the event log can not be read', new Error(why));
  }
}

function isClosed(): LogUnavailableError {
  return new LogUnavailableError('refused', 'the log is closed');
}
