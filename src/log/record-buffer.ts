import { Position, comparePositions } from './position';
import { weightOf } from './record-weight';
import { LogRecord } from './records';

/**
 * The newest durable records of one epoch, without a gap, bounded by age and bytes. It always knows which
 * place it can't look behind.
 */
export class RecordBuffer {
  private records: (LogRecord | undefined)[] = [];
  private first = 0;
  private bytes = 0;
  /** The place before the oldest record held. */
  private before: Position;
  /** When the log had come so far, at the latest. */
  private beforeAt = Date.now();

  /** @param onDrop called with each record that is let go, the oldest first; not by {@link restart} */
  constructor(
    private readonly maxMs: number,
    private readonly maxBytes: number,
    start: Position,
    private readonly onDrop?: (record: LogRecord) => void,
  ) {
    this.before = start;
  }

  /** The oldest place after which every record is held. */
  get oldest(): Position {
    return this.before;
  }

  get size(): number {
    return this.records.length - this.first;
  }

  push(record: LogRecord): void {
    this.records.push(record);
    this.bytes += weightOf(record.body);
    while (this.bytes > this.maxBytes) this.dropOldest();
    this.prune(record.at);
  }

  /** Lets go of what is older than the bound. */
  prune(now: number): void {
    while (this.size > 0 && this.records[this.first]!.at < now - this.maxMs) this.dropOldest();
  }

  /** Whether every record after a place is held. */
  covers(place: Position): boolean {
    return place.epoch === this.before.epoch && place.seq >= this.before.seq;
  }

  /** The records after a place, oldest first, or undefined when some of them are not held (any more). */
  after(place: Position): LogRecord[] | undefined {
    if (!this.covers(place)) return undefined;
    const start = this.first + (place.seq - this.before.seq);
    return this.records.slice(start) as LogRecord[];
  }

  /** The record with a sequence number, or undefined when it is not held. */
  get(seq: number): LogRecord | undefined {
    return this.records[this.first + seq - this.before.seq - 1];
  }

  /** The last place at which the log's clock was not past a time; undefined where that is not held (any more). */
  placeAt(time: number): Position | undefined {
    let [low, high] = [this.first, this.records.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.records[middle]!.at <= time) low = middle + 1;
      else high = middle;
    }
    if (low > this.first) return this.records[low - 1]!.position;
    // Before the first record of its life there is nothing that could be missed.
    return this.before.seq === 0 || this.beforeAt <= time ? this.before : undefined;
  }

  /** Lets go of everything up to a place. */
  dropUntil(place: Position): void {
    while (this.size > 0 && comparePositions(this.records[this.first]!.position, place) <= 0)
      this.dropOldest();
  }

  /** Forgets everything: what comes next comes after `start`. */
  restart(start: Position): void {
    this.records = [];
    this.first = 0;
    this.bytes = 0;
    this.before = start;
    this.beforeAt = Date.now();
  }

  private dropOldest(): void {
    const oldest = this.records[this.first]!;
    this.records[this.first] = undefined;
    this.first += 1;
    this.bytes -= weightOf(oldest.body);
    this.before = oldest.position;
    this.beforeAt = oldest.at;
    this.onDrop?.(oldest);
    // Dropping from the front of an array moves the rest; done rarely, it costs nothing a record.
    if (this.first > 1_024 && this.first * 2 > this.records.length) {
      this.records = this.records.slice(this.first);
      this.first = 0;
    }
  }
}
