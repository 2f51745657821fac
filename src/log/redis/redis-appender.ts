import { LogUnavailableError } from '../../live-messages.errors';
import { RecordBatch } from '../event-log';
import { Position } from '../position';
import { NewRecord } from '../records';
import { APPEND_SCRIPT, APPEND_SCRIPT_SHA } from './append-script';
import { HighWater } from './high-water';
import { RedisKeys } from './keys';
import { encodeRecord } from './record-codec';
import { RedisClient } from './redis-client';
import { plainError, verdictOf } from './redis-error';
import { RedisLink } from './redis-link';
import { RedisTimings } from './redis-timings';
import { textOf } from './stream-entry';
import { positionOf } from './stream-id';
import { within } from './within';

/** What the append script says of the log. */
export interface LogHead {
  readonly head: Position;
  /** The server's milliseconds since 1970. */
  readonly at: number;
  /** The last id of the fleeting stream. */
  readonly fleetingId: string;
}

interface Answer extends LogHead {
  /** The place before the batch's first record. */
  readonly place: Position;
}

/** How many records that are not durable the stream of them holds, roughly. */
const MAX_FLEETING = 1_000;

const RETRY_MS = 50;

/** The writing side: runs the append script. */
export class RedisAppender {
  /** By writer, the number of a batch that was sent and not answered: no later attempt may call it refused unsent. */
  private readonly inDoubt = new Map<string, number>();

  constructor(
    private readonly link: RedisLink,
    private readonly keys: RedisKeys,
    private readonly maxRecords: number,
    private readonly highWater: HighWater,
    private readonly timings: RedisTimings,
  ) {}

  /** @throws LogUnavailableError, or what leaves it open, as `EventLog.append` says */
  async append(batch: RecordBatch): Promise<readonly Position[]> {
    const { writerId, number, records } = batch;
    const encoded = records.map((record) => textOf(encodeRecord(record)));
    const kinds = records.map(({ durable }) => (durable ? 'd' : 'f')).join('');
    const end = performance.now() + this.timings.graceMs;
    for (;;) {
      const error = await this.attempt(writerId, number, kinds, encoded);
      if (!(error instanceof Error)) {
        this.inDoubt.delete(writerId);
        return positionsOf(error.place, records);
      }
      if (verdictOf(error) !== 'elsewhere' || performance.now() >= end) this.fail(batch, error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /**
   * Looks after the log's life, without a record.
   *
   * @throws Error when the log can't be reached
   */
  async look(): Promise<LogHead> {
    const client = await this.link.ready(this.timings.graceMs);
    return this.run(client, '', 0, '', []);
  }

  private async attempt(
    writerId: string,
    number: number,
    kinds: string,
    encoded: readonly string[],
  ): Promise<Answer | Error> {
    let client: RedisClient;
    try {
      client = await this.link.ready(this.timings.graceMs);
    } catch (error) {
      return new NotSentError(plainError(error).message);
    }
    try {
      return await this.run(client, writerId, number, kinds, encoded);
    } catch (error) {
      return error as Error;
    }
  }

  private fail({ writerId, number }: RecordBatch, error: Error): never {
    const verdict = error instanceof NotSentError ? 'elsewhere' : verdictOf(error);
    const isOpen =
      verdict === 'unknown' || (verdict === 'elsewhere' && this.inDoubt.get(writerId) === number);
    const plain = plainError(error);
    if (!isOpen) {
      this.inDoubt.delete(writerId);
      throw new LogUnavailableError('refused', plain.message, { cause: plain });
    }
    this.inDoubt.set(writerId, number);
    throw plain;
  }

  private async run(
    client: RedisClient,
    writerId: string,
    number: number,
    kinds: string,
    encoded: readonly string[],
  ): Promise<Answer> {
    const { log, head, fleeting } = this.keys;
    const { epoch, seq } = this.highWater.position;
    const bounds = [this.maxRecords, MAX_FLEETING];
    const args = [log, head, fleeting, this.keys.writer(writerId), number, epoch, seq, ...bounds, kinds];
    try {
      const answer = answerOf(await within(this.timings.commandMs, evaluate(client, args.concat(encoded))));
      this.highWater.raise(answer.head);
      return answer;
    } catch (error) {
      const isReply = (error as Error).name === 'ReplyError';
      // No answer, or one of a server that can't write: the next connection asks anew where the master is.
      if (!isReply || verdictOf(error as Error) === 'elsewhere') this.link.drop(client, plainError(error));
      throw error;
    }
  }
}

/** Nothing was written to a socket. */
class NotSentError extends Error {}

/** The script is not known to a server that was restarted, or that has never seen it. */
async function evaluate(client: RedisClient, args: (string | number)[]): Promise<unknown> {
  try {
    return await client.evalsha(APPEND_SCRIPT_SHA, 4, ...args);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return client.eval(APPEND_SCRIPT, 4, ...args);
  }
}

function answerOf(reply: unknown): Answer {
  const [place, head, at, fleetingId] = reply as string[];
  return { place: positionOf(place!)!, head: positionOf(head!)!, at: Number(at), fleetingId: fleetingId! };
}

function positionsOf(place: Position, records: readonly NewRecord[]): Position[] {
  let { seq } = place;
  return records.map(({ durable }) => ({ epoch: place.epoch, seq: durable ? (seq += 1) : seq }));
}
