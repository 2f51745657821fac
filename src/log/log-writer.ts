import { randomUUID } from 'node:crypto';
import { LogUnavailableError } from '../live-messages.errors';
import { EventLog, RecordBatch } from './event-log';
import { PendingRecord } from './pending-record';
import { Position } from './position';
import { NewRecord, RevocationRecord } from './records';
import { RecentKeys } from './recent-keys';
import { RefusalMarks } from './refusal-marks';

/** How long the writer waits before it sends a batch in doubt again: doubled each time, up to the second. */
const RESEND_MS = { first: 50, most: 1_000 };

/** How many records go in one batch at most: the log does nothing else while it takes them. */
const MAX_BATCH = 1_000;

/** How much may wait for a log that does not answer, in bytes. */
const MAX_QUEUED_BYTES = 67_108_864;

/** How soon what was refused is announced, where nothing else goes into the log, in milliseconds. */
const ANNOUNCE_AFTER_MS = 1_000;

/** How long a key stands for the record it first came with. */
const KEY_LIFE_MS = 60_000;

/**
 * The one way into the log: gathers what is appended while a batch is under way into the next one, so that
 * calls keep their order and a busy node pays once for many. A batch in doubt is sent again until the log
 * answers, before the next goes, even when nobody waits for it any more: its number may never get other content.
 * Whom a refused event was for is said in the log, once it takes records again.
 */
export class LogWriter {
  private readonly writerId = randomUUID();
  private readonly byKey = new RecentKeys<PendingRecord>(KEY_LIFE_MS);
  private readonly marks = new RefusalMarks();
  private announcement: NodeJS.Timeout | undefined;
  private number = 0;
  private queue: PendingRecord[] = [];
  private queuedBytes = 0;
  private inFlight: readonly PendingRecord[] = [];
  private sending = false;
  private watchdog: NodeJS.Timeout | undefined;
  private resend: { readonly wake: () => void } | undefined;
  private closed = false;
  private newest: Position | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly timeoutMs: number,
  ) {}

  /** The last position that the log has answered. */
  get lastAccepted(): Position | undefined {
    return this.newest;
  }

  /**
   * Appends one record, after all that were appended before.
   *
   * @param key a second record with the same key, within a minute, is the first one
   * @throws LogUnavailableError when the log has not accepted it within the timeout
   */
  append(body: NewRecord, key?: string, timeoutMs = this.timeoutMs): Promise<Position> {
    if (this.closed) return Promise.reject(new LogUnavailableError('refused', 'the application is closing'));
    const known = key === undefined ? undefined : this.byKey.get(key);
    if (known && !known.hasFailed) return this.wait(known, timeoutMs);
    const record = new PendingRecord(body, known?.claim);
    if (this.queuedBytes + record.weight > MAX_QUEUED_BYTES) {
      this.fail(record, 'refused', `${MAX_QUEUED_BYTES} bytes are waiting already`);
      return record.wait(0);
    }
    if (key !== undefined) this.byKey.set(key, record);
    this.enqueue(record);
    return this.wait(record, timeoutMs);
  }

  /**
   * Keeps a revocation where it outlives its record, and then appends it: who misses the record finds it there.
   *
   * @throws LogUnavailableError as {@link append}, within the same time
   */
  async revoke(revocation: RevocationRecord): Promise<Position> {
    const start = performance.now();
    await this.save(revocation);
    return this.append(revocation, undefined, this.timeoutMs - (performance.now() - start));
  }

  /** Refuses what is queued and every later call; what is under way stays `unknown`. May be called twice. */
  close(): void {
    const why = 'the application is closing';
    this.closed = true;
    clearTimeout(this.watchdog);
    clearTimeout(this.announcement);
    for (const record of this.queue) record.fail('refused', why);
    for (const record of this.inFlight) record.giveUp(Number.POSITIVE_INFINITY, why);
    this.queue = [];
    this.byKey.clear();
    this.resend?.wake();
  }

  private async save(revocation: RevocationRecord): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new LogUnavailableError('unknown', `no answer within ${this.timeoutMs} ms`);
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(late), this.timeoutMs);
    });
    try {
      await Promise.race([this.log.saveRevocation(revocation), timeout]);
    } catch (error) {
      if (error instanceof LogUnavailableError) throw error;
      throw new LogUnavailableError('unknown', 'the revocation may not be kept', { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  private enqueue(record: PendingRecord): void {
    this.queuedBytes += record.weight;
    this.queue.push(record);
    if (this.sending) return;
    this.sending = true;
    queueMicrotask(() => void this.send());
  }

  private fail(record: PendingRecord, outcome: 'refused' | 'unknown', why: string, cause?: Error): void {
    this.marks.add(record.claim, record.body);
    record.fail(outcome, why, cause);
    if (this.marks.isEmpty) return;
    this.announcement ??= setTimeout(() => {
      this.announcement = undefined;
      this.announce();
    }, ANNOUNCE_AFTER_MS).unref();
  }

  /** Whom something was refused for is a record like any other: where that is refused, too, it is marked again. */
  private announce(): void {
    if (this.marks.isEmpty) return;
    for (const refusal of this.marks.take()) this.enqueue(new PendingRecord(refusal));
  }

  private wait(record: PendingRecord, timeoutMs: number): Promise<Position> {
    const accepted = record.wait(performance.now() + timeoutMs);
    this.watch();
    return accepted;
  }

  private async send(): Promise<void> {
    let settle = () => {};
    while (this.queue.length > 0) {
      const answered = this.sendUntilAnswered(this.nextBatch());
      // Callers are told while the log is busy with the next batch already.
      settle();
      settle = await answered;
      this.inFlight = [];
      if (this.queue.length === 0) settle();
    }
    this.sending = false;
  }

  private nextBatch(): RecordBatch {
    this.inFlight = this.queue.splice(0, MAX_BATCH);
    for (const { weight } of this.inFlight) this.queuedBytes -= weight;
    this.number += 1;
    const records = this.inFlight.map((record) => record.body);
    return { writerId: this.writerId, number: this.number, records };
  }

  /** @returns what tells the callers that it is accepted, if it is */
  private async sendUntilAnswered(batch: RecordBatch): Promise<() => void> {
    const sent = this.inFlight;
    // A refusal speaks for its own attempt only: an earlier one may have come through with its answer lost.
    let outcome: 'refused' | 'unknown' = 'refused';
    for (let delay = RESEND_MS.first; !this.closed; delay = Math.min(delay * 2, RESEND_MS.most)) {
      try {
        const positions = await this.log.append(batch);
        this.newest = positions.at(-1);
        if (!this.marks.isEmpty) sent.forEach(({ claim }) => this.marks.delete(claim));
        this.announce();
        return () => sent.forEach((record, index) => record.accept(positions[index]!));
      } catch (error) {
        if (isRefusal(error)) {
          sent.forEach((record) => this.fail(record, outcome, error.why, error));
          break;
        }
        outcome = 'unknown';
        await this.pause(delay);
      }
    }
    return () => undefined;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.resend = undefined;
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.resend = { wake };
    });
  }

  /** One timer however many wait: it wakes for the next deadline, and sleeps again for the one after. */
  private watch(): void {
    if (this.watchdog || this.closed) return;
    let next = Number.POSITIVE_INFINITY;
    for (const record of this.inFlight) next = Math.min(next, record.deadline);
    for (const record of this.queue) next = Math.min(next, record.deadline);
    if (next === Number.POSITIVE_INFINITY) return;
    const wake = () => {
      this.watchdog = undefined;
      this.expire(performance.now());
      this.watch();
    };
    this.watchdog = setTimeout(wake, Math.max(1, next - performance.now()));
    this.watchdog.unref();
  }

  private expire(now: number): void {
    const why = `no answer within ${this.timeoutMs} ms`;
    for (const record of this.inFlight) record.giveUp(now, why);
    this.queue = this.queue.filter((record) => {
      if (record.lastDeadline > now) {
        record.giveUp(now, why);
        return true;
      }
      // Certain only because nobody waits for it any more, and it will not be sent.
      this.fail(record, 'refused', why);
      this.queuedBytes -= record.weight;
      return false;
    });
  }
}

function isRefusal(error: unknown): error is LogUnavailableError {
  return error instanceof LogUnavailableError && error.outcome === 'refused';
}
