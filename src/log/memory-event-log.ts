import { LogUnavailableError } from '../live-messages.errors';
import { EventLog, LogFollower, LogRange, LogSubscription, RecordBatch } from './event-log';
import { MemoryPresenceStore } from './memory-presence-store';
import { Position } from './position';
import { LogRecord, NewRecord, RevocationRecord } from './records';
import { RecordBuffer } from './record-buffer';

/** How much a {@link MemoryEventLog} holds for {@link EventLog.read} and late followers. */
export interface MemoryEventLogOptions {
  /** @default 300000 */
  readonly maxMs?: number;
  /** @default 67108864 */
  readonly maxBytes?: number;
}

/**
 * The log of one node, in this process's memory. It hands records to its followers once a turn of the event
 * loop, so that what is emitted within a turn reaches a connection in one write.
 */
export class MemoryEventLog extends EventLog {
  private readonly held: RecordBuffer;
  private readonly followers = new Set<Tail>();
  private readonly lastBatches = new Map<string, { number: number; positions: readonly Position[] }>();
  private head: Position = { epoch: Date.now(), seq: 0 };
  private delivery: NodeJS.Immediate | undefined;
  private revoked: RevocationRecord[] = [];
  private closed = false;
  private readonly presenceStore = new MemoryPresenceStore();

  constructor(options: MemoryEventLogOptions = {}) {
    super();
    this.held = new RecordBuffer(options.maxMs ?? 300_000, options.maxBytes ?? 67_108_864, this.head);
  }

  append(batch: RecordBatch): Promise<readonly Position[]> {
    if (this.closed) return Promise.reject(new LogUnavailableError('refused', 'the log is closed'));
    const last = this.lastBatches.get(batch.writerId);
    if (last && batch.number === last.number) return Promise.resolve(last.positions);
    if (last && batch.number < last.number) {
      return Promise.reject(
        new Error(`batch ${batch.number} comes after batch ${last.number} of the same writer`),
      );
    }
    const at = Date.now();
    const positions = batch.records.map((body) => this.accept(body, at));
    this.lastBatches.set(batch.writerId, { number: batch.number, positions });
    return Promise.resolve(positions);
  }

  follow(after: Position | 'now', follower: LogFollower): Promise<LogSubscription> {
    if (this.closed) return Promise.reject(new LogUnavailableError('refused', 'the log is closed'));
    const from = after === 'now' ? this.head : after;
    const missed = after === 'now' ? [] : this.held.after(after);
    const tail = new Tail(follower, missed ?? [], () => this.followers.delete(tail));
    this.followers.add(tail);
    if (!missed) follower.onBreak(this.head);
    if (missed?.length) this.scheduleDelivery();
    return Promise.resolve({ from: missed ? from : this.head, close: () => tail.close() });
  }

  read(after: Position | 'oldest', limit: number): Promise<LogRange> {
    if (this.closed) return Promise.reject(new LogUnavailableError('refused', 'the log is closed'));
    const records = this.held.after(after === 'oldest' ? this.held.oldest : after);
    return Promise.resolve(
      records
        ? { kind: 'records', records: records.slice(0, limit), head: this.head }
        : { kind: 'lost', head: this.head },
    );
  }

  saveRevocation(revocation: RevocationRecord): Promise<void> {
    if (this.closed) return Promise.reject(new LogUnavailableError('refused', 'the log is closed'));
    this.revoked = [...this.unexpired(), revocation];
    return Promise.resolve();
  }

  revocations(): Promise<readonly RevocationRecord[]> {
    return Promise.resolve(this.unexpired());
  }

  override presence(): MemoryPresenceStore {
    return this.presenceStore;
  }

  close(): Promise<void> {
    this.closed = true;
    clearImmediate(this.delivery);
    for (const tail of this.followers) tail.close();
    return Promise.resolve();
  }

  private unexpired(): RevocationRecord[] {
    const now = Date.now();
    return this.revoked.filter(({ until }) => until > now);
  }

  private accept(body: NewRecord, at: number): Position {
    if (body.durable) this.head = { epoch: this.head.epoch, seq: this.head.seq + 1 };
    const record: LogRecord = { position: this.head, at, body };
    if (body.durable) this.held.push(record);
    for (const tail of this.followers) tail.pending.push(record);
    this.scheduleDelivery();
    return this.head;
  }

  private scheduleDelivery(): void {
    this.delivery ??= setImmediate(() => {
      this.delivery = undefined;
      for (const tail of this.followers) tail.deliver();
    });
  }
}

/** One follower, and the records it has not been called with yet. */
class Tail {
  constructor(
    private readonly follower: LogFollower,
    public pending: LogRecord[],
    public readonly close: () => void,
  ) {}

  deliver(): void {
    if (this.pending.length === 0) return;
    const records = this.pending;
    this.pending = [];
    this.follower.onRecords(records);
  }
}
