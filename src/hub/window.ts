import { Position, comparePositions } from '../log/position';
import { RecordBuffer } from '../log/record-buffer';
import { LogRecord } from '../log/records';

/** A place in the log that somebody is still behind. */
export interface Place {
  readonly position: Position;
}

/** The records since the oldest place that somebody is still behind, within a bound. */
export class Window {
  private readonly buffer: RecordBuffer;
  /** In the order in which they were taken, which is that of the log. */
  private readonly places = new Set<Place>();
  private headPosition: Position;

  constructor(maxMs: number, maxBytes: number, start: Position) {
    this.buffer = new RecordBuffer(maxMs, maxBytes, start);
    this.headPosition = start;
  }

  /** The last position that the hub has seen. */
  get head(): Position {
    return this.headPosition;
  }

  push(record: LogRecord): void {
    if (!record.body.durable) return;
    this.headPosition = record.position;
    if (this.places.size > 0) this.buffer.push(record);
    else this.buffer.restart(record.position);
  }

  /** Begins anew after records that can't be had: no place before counts any more. */
  restart(head: Position): void {
    this.headPosition = head;
    this.buffer.restart(head);
  }

  /** Takes the place at the head: what comes after it is kept until it is released. */
  take(): Place {
    const place: Place = { position: this.headPosition };
    this.places.add(place);
    return place;
  }

  /** Lets go of a place. May be called twice. */
  release(place: Place): void {
    if (!this.places.delete(place)) return;
    const [oldest] = this.places;
    if (oldest) this.buffer.dropUntil(oldest.position);
    else this.buffer.restart(this.headPosition);
  }

  /** The records after a place that was taken, or undefined when the bound has cost some of them. */
  since(place: Place): readonly LogRecord[] | undefined {
    return comparePositions(place.position, this.headPosition) === 0 ? [] : this.buffer.after(place.position);
  }
}
