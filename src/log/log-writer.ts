import { randomUUID } from 'node:crypto';
import { LogUnavailableError } from '../live-messages.errors';
import { EventLog, RecordBatch } from './event-log';
import { PendingRecord } from './pending-record';
import { Position } from './position';
import { NewRecord } from './records';

/** How long the writer waits before it sends a batch in doubt again: doubled each time, up to the second. */
const RESEND_MS = { first: 50, most: 1_000 };

/** How many records may wait for a log that does not answer. */
const MAX_QUEUED = 100_000;

/** How long a key stands for the record it first came with. */
const KEY_LIFE_MS = 60_000;

/**
 * The one way into the log: gathers what is appended while a batch is under way into the next one, so that
 * calls keep their order and a busy node pays once for many. A batch in doubt is sent again until the log
 * answers, before the next goes, even when nobody waits for it any more: its number may never get other content.
 */
export class LogWriter {
  private readonly writerId = randomUUID();
  /** In the order of their first use, so that the oldest are at the front. */
  private readonly byKey = new Map<string, { readonly record: PendingRecord; readonly since: number }>();
  private number = 0;
  private queue: PendingRecord[] = [];
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
  append(body: NewRecord, key?: string): Promise<Position> {
    if (this.closed) return Promise.reject(new LogUnavailableError('refused', 'the application is closing'));
    const known = key === undefined ? undefined : this.knownBy(key);
    if (known) return this.wait(known);
    if (this.queue.length >= MAX_QUEUED) {
      return Promise.reject(new LogUnavailableError('refused', `${MAX_QUEUED} records are waiting already`));
    }
    const record = new PendingRecord(body);
    if (key !== undefined) this.byKey.set(key, { record, since: Date.now() });
    this.queue.push(record);
    if (!this.sending) {
      this.sending = true;
      queueMicrotask(() => void this.send());
    }
    return this.wait(record);
  }

  /** Refuses what is queued and every later call; what is under way stays `unknown`. May be called twice. */
  close(): void {
    this.closed = true;
    clearTimeout(this.watchdog);
    for (const record of this.queue) record.refuse('the application is closing');
    for (const record of this.inFlight)
      record.giveUp(Number.POSITIVE_INFINITY, 'unknown', 'the application is closing');
    this.queue = [];
    this.byKey.clear();
    this.resend?.wake();
  }

  private knownBy(key: string): PendingRecord | undefined {
    const now = Date.now();
    for (const [oldKey, { since }] of this.byKey) {
      if (since > now - KEY_LIFE_MS) break;
      this.byKey.delete(oldKey);
    }
    const record = this.byKey.get(key)?.record;
    if (record?.refused) this.byKey.delete(key);
    return record?.refused ? undefined : record;
  }

  private wait(record: PendingRecord): Promise<Position> {
    const accepted = record.wait(Date.now() + this.timeoutMs);
    this.watch();
    return accepted;
  }

  private async send(): Promise<void> {
    while (this.queue.length > 0) {
      this.inFlight = this.queue;
      this.queue = [];
      this.number += 1;
      const records = this.inFlight.map((record) => record.body);
      await this.sendUntilAnswered({ writerId: this.writerId, number: this.number, records });
      this.inFlight = [];
    }
    this.sending = false;
  }

  private async sendUntilAnswered(batch: RecordBatch): Promise<void> {
    const sent = this.inFlight;
    for (let delay = RESEND_MS.first; !this.closed; delay = Math.min(delay * 2, RESEND_MS.most)) {
      try {
        const positions = await this.log.append(batch);
        this.newest = positions.at(-1);
        sent.forEach((record, index) => record.accept(positions[index]!));
        return;
      } catch (error) {
        if (isRefusal(error)) return sent.forEach((record) => record.refuse(error.why, error));
        await this.pause(delay);
      }
    }
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

  /** One timer however many wait: it wakes for the oldest deadline, and sleeps again for the next. */
  private watch(): void {
    if (this.watchdog || this.closed) return;
    const deadlines = [...this.inFlight, ...this.queue.slice(0, 1)].map((record) => record.deadline);
    const next = Math.min(...deadlines);
    if (next === Number.POSITIVE_INFINITY) return;
    this.watchdog = setTimeout(
      () => {
        this.watchdog = undefined;
        this.expire(Date.now());
        this.watch();
      },
      Math.max(1, next - Date.now()),
    );
    this.watchdog.unref();
  }

  private expire(now: number): void {
    const why = `no answer within ${this.timeoutMs} ms`;
    for (const record of this.inFlight) record.giveUp(now, 'unknown', why);
    // Certain only because nobody waits for it any more, and it will not be sent.
    this.queue = this.queue.filter((record) => {
      record.giveUp(now, 'refused', why);
      if (!record.abandoned) return true;
      record.refuse(why);
      return false;
    });
  }
}

function isRefusal(error: unknown): error is LogUnavailableError {
  return error instanceof LogUnavailableError && error.outcome === 'refused';
}
