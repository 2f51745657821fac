import { Position, comparePositions } from '../log/position';
import { LogRecord, RefreshRecord } from '../log/records';

/** So many refreshes are remembered one by one. */
const MAX_REMEMBERED = 1_000;

/** A refresh, and when the last connection of its audience got it. */
interface Remembered {
  readonly record: LogRecord<RefreshRecord>;
  /** On the log's clock, in milliseconds since 1970. */
  endedAt: number;
}

/**
 * The refreshes whose spread may have been under way when a client dropped. A refresh has no cursor, so that nobody
 * knows who had his turn: who comes back from before its end gets it again.
 */
export class RefreshMemory {
  private remembered: Remembered[] = [];
  /** Up to here, some have been forgotten. */
  private forgottenUntil = 0;

  constructor(private readonly keptMs: number) {}

  add(record: LogRecord<RefreshRecord>, spreadMs: number): void {
    if (this.remembered.length === MAX_REMEMBERED) {
      this.forgottenUntil = Math.max(this.forgottenUntil, this.remembered.shift()!.endedAt);
    }
    this.remembered.push({ record, endedAt: spreadMs > 0 ? record.at + spreadMs : 0 });
  }

  /**
   * Those up to a place that a client who has come so far may have missed.
   *
   * @param time the log's, at that place
   * @returns undefined when that can't be told
   */
  underWayAt(place: Position, time: number): LogRecord<RefreshRecord>[] | undefined {
    if (time < this.forgottenUntil) return undefined;
    return this.remembered
      .filter(({ record, endedAt }) => endedAt > time && comparePositions(record.position, place) <= 0)
      .map(({ record }) => record);
  }

  /** Somebody is gone whose turn had not come yet. */
  extend(until: number): void {
    for (const each of this.remembered) each.endedAt = Math.max(each.endedAt, until);
  }

  /** Forgets what nobody can come back from before. */
  prune(now: number): void {
    this.remembered = this.remembered.filter(
      ({ record, endedAt }) => Math.max(record.at, endedAt) > now - this.keptMs,
    );
  }
}
