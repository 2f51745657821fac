import { LogFollower } from '../event-log';
import { Position, comparePositions } from '../position';
import { Gathering } from './gathering';
import { HighWater } from './high-water';
import { RedisKeys } from './keys';
import { RedisClient } from './redis-client';
import { plainError } from './redis-error';
import { RedisLink } from './redis-link';
import { RedisTimings } from './redis-timings';
import { StreamEntry } from './stream-entry';
import { StreamReader } from './stream-reader';
import { streamIdOf } from './stream-id';
import { within } from './within';

/** How many entries of a stream one read brings at most. */
const READ_COUNT = 1_000;

const BACK_OFF_MS = { first: 100, most: 2_000 };

/** One follower: reads both streams over a connection of its own, from positions, and calls back. */
export class RedisTail {
  private closed = false;
  private failures = 0;
  private behind: { readonly head: Position; readonly since: number } | undefined;
  private pausing: { readonly wake: () => void } | undefined;

  constructor(
    private readonly link: RedisLink,
    private readonly keys: RedisKeys,
    private readonly reader: StreamReader,
    private readonly follower: LogFollower,
    private readonly highWater: HighWater,
    private readonly gathering: Gathering,
    private readonly timings: RedisTimings,
    private readonly onError: (message: string, error: Error) => void,
  ) {}

  /** Reads until closed; first it tells the break that lies before its place, if there is one. */
  async run(brokenAt: Position | undefined): Promise<void> {
    // The caller of `follow` gets its subscription before any call.
    await new Promise((resolve) => setImmediate(resolve));
    if (brokenAt && !this.closed) this.tell(() => this.follower.onBreak(brokenAt));
    while (!this.closed) {
      const pauseMs = await this.readOnce();
      if (pauseMs > 0 && !this.closed) await this.pause(pauseMs);
    }
  }

  /** Told where the log's head is: a tail that stays behind it reads from the wrong server, and goes to look anew. */
  compare(head: Position, now: number): void {
    if (comparePositions(this.reader.place, head) >= 0) this.behind = undefined;
    else if (!this.behind || comparePositions(this.reader.place, this.behind.head) >= 0) {
      this.behind = { head, since: now };
    } else if (now - this.behind.since >= this.timings.behindMs) {
      this.behind = undefined;
      this.link.renew(new Error('it shows less than the log has'));
    }
  }

  /** No call comes after. May be called twice. */
  close(): void {
    this.closed = true;
    this.link.close();
    this.pausing?.wake();
  }

  /** @returns how long to wait before the next, in milliseconds */
  private async readOnce(): Promise<number> {
    let client: RedisClient | undefined;
    try {
      client = await this.link.ready(Number.POSITIVE_INFINITY);
      const answerMs = this.timings.blockMs + this.timings.answerMs;
      const entries = entriesOf(await within(answerMs, this.read(client)));
      this.failures = 0;
      const durable = entries.get(this.keys.log) ?? [];
      return this.deliver(durable, entries.get(this.keys.fleeting) ?? []);
    } catch (error) {
      if (this.closed) return 0;
      const plain = plainError(error);
      const isReply = (error as Error).name === 'ReplyError';
      if (client && !isReply) this.link.drop(client, plain);
      this.onError('The event log on Redis can not be read', plain);
      const delay = Math.min(BACK_OFF_MS.first * 2 ** this.failures, BACK_OFF_MS.most);
      this.failures = Math.min(this.failures + 1, 10);
      return delay * (0.5 + Math.random() / 2);
    }
  }

  private read(client: RedisClient): Promise<[string, StreamEntry[]][] | null> {
    const { log, fleeting } = this.keys;
    const from = [streamIdOf(this.reader.place), this.reader.fleetingId] as const;
    const how = ['COUNT', READ_COUNT, 'BLOCK', this.timings.blockMs] as const;
    return client.xread(...how, 'STREAMS', log, fleeting, ...from);
  }

  private deliver(durable: readonly StreamEntry[], fleeting: readonly StreamEntry[]): number {
    if (this.closed || durable.length + fleeting.length === 0) return 0;
    const readings = this.reader.read(durable, fleeting);
    this.highWater.raise(this.reader.place);
    for (const reading of readings) {
      if (this.closed) return 0;
      if (reading.kind === 'break') this.tell(() => this.follower.onBreak(reading.next));
      else this.tell(() => this.follower.onRecords(reading.records));
    }
    // A full read shows that more wait already.
    return durable.length >= READ_COUNT ? 0 : this.gathering.after(durable.length, performance.now());
  }

  private tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.onError('A follower of the event log has thrown', error as Error);
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.pausing = undefined;
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.pausing = { wake };
    });
  }
}

function entriesOf(reply: [string, StreamEntry[]][] | null): Map<string, StreamEntry[]> {
  return new Map(reply ?? []);
}
