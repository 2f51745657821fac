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

  constructor(
    private readonly maxMs: number,
    private readonly maxBytes: number,
    start: Position,
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
    while (
      this.size > 0 &&
      (this.bytes > this.maxBytes || this.records[this.first]!.at < record.at - this.maxMs)
    ) {
      this.dropOldest();
    }
  }

  /** The records after a place, oldest first, or undefined when some of them are not held (any more). */
  after(place: Position): LogRecord[] | undefined {
    if (place.epoch !== this.before.epoch || place.seq < this.before.seq) return undefined;
    const start = this.first + (place.seq - this.before.seq);
    return this.records.slice(start) as LogRecord[];
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
  }

  private dropOldest(): void {
    const oldest = this.records[this.first]!;
    this.records[this.first] = undefined;
    this.first += 1;
    this.bytes -= weightOf(oldest.body);
    this.before = oldest.position;
    // Dropping from the front of an array moves the rest; done rarely, it costs nothing a record.
    if (this.first > 1_024 && this.first * 2 > this.records.length) {
      this.records = this.records.slice(this.first);
      this.first = 0;
    }
  }
}
