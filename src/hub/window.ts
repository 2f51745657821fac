import { Position, comparePositions } from '../log/position';
import { RecordBuffer } from '../log/record-buffer';
import { LogRecord } from '../log/records';
import { Topic } from '../protocol/topic';
import { AudienceIndex } from './audience-index';

/** A place in the log that somebody is still behind. */
export interface Place {
  readonly position: Position;
}

/** How much of the past a node holds. */
export interface WindowOptions {
  /** In milliseconds. */
  readonly maxMs: number;
  readonly maxBytes: number;
  /** Whether the past is held for whom may come back; if not, only what somebody is still behind. */
  readonly keepsPast: boolean;
}

/** The latest records of the log, each once, indexed by audience: what is replayed comes from here. */
export class Window {
  private readonly buffer: RecordBuffer;
  private readonly index = new AudienceIndex();
  /** In the order in which they were taken, which is that of the log. */
  private readonly places = new Set<Place>();
  private headPosition: Position;

  constructor(
    private readonly options: WindowOptions,
    start: Position,
  ) {
    this.buffer = new RecordBuffer(options.maxMs, options.maxBytes, start, (record) =>
      this.index.drop(record),
    );
    this.headPosition = start;
  }

  /** The last position that the hub has seen. */
  get head(): Position {
    return this.headPosition;
  }

  /** The oldest place that somebody holds; the head, if nobody does. */
  get oldestPlace(): Position {
    const [oldest] = this.places;
    return oldest?.position ?? this.headPosition;
  }

  push(record: LogRecord): void {
    if (!record.body.durable) return;
    this.headPosition = record.position;
    if (!this.options.keepsPast && this.places.size === 0) return this.forget(record.position);
    this.index.add(record);
    this.buffer.push(record);
  }

  /** Begins anew after records that can't be had: no place before counts any more. */
  restart(head: Position): void {
    this.headPosition = head;
    this.forget(head);
  }

  /** Lets go of what is older than the bound. */
  prune(now: number): void {
    this.buffer.prune(now);
  }

  /** Takes the place at the head: what comes after it is kept, within the bounds, until it is released. */
  take(): Place {
    const place: Place = { position: this.headPosition };
    this.places.add(place);
    return place;
  }

  /** Lets go of a place. May be called twice. */
  release(place: Place): void {
    if (!this.places.delete(place) || this.options.keepsPast) return;
    if (this.places.size > 0) this.buffer.dropUntil(this.oldestPlace);
    else this.forget(this.headPosition);
  }

  /** Whether every record after a place is held. */
  covers(place: Position): boolean {
    return comparePositions(place, this.headPosition) === 0 || this.buffer.covers(place);
  }

  /** The records after a place that may be for a user in these topics, the oldest first; the place must be covered. */
  missedBy(userId: string, topics: Iterable<Topic>, after: Position): LogRecord[] {
    if (comparePositions(after, this.headPosition) === 0) return [];
    return this.index.find(userId, topics, after.seq).map((seq) => this.buffer.get(seq)!);
  }

  /** The log's time at a place, in milliseconds since 1970; 0 where that is forgotten. */
  timeOf(place: Position): number {
    return this.buffer.get(place.seq)?.at ?? 0;
  }

  /** The last place at which the log's clock was not past a time; undefined where that is not held. */
  placeAt(time: number): Position | undefined {
    return this.buffer.placeAt(time);
  }

  private forget(head: Position): void {
    this.buffer.restart(head);
    this.index.clear();
  }
}
