import type { Position } from 'nestjs-live-messages';
import { Latencies } from '../roles';

/** What can be asked of a process that only appends. */
export interface AppenderRole {
  /** Evenly; resolves to how long the log took for each, by its caller's clock. */
  pace(perSecond: number, count: number): Promise<Latencies>;
  /** As fast as the log takes them, with so many waiting at once; resolves to the appends a second. */
  saturate(count: number, waiting: number): Promise<number>;
  /** The position of the last record. */
  last(): Position;
  /** CPU time since the process started, user and system, in microseconds. */
  cpu(): number;
}

/** What can be asked of a process that only follows. */
export interface FollowerRole {
  /** Follows from now on. */
  follow(): Promise<void>;
  /** Resolves when it has come to a place in the log, and rejects when it has not within the time. */
  reached(place: Position, timeoutMs: number): Promise<void>;
  /** CPU time since the process started, user and system, in microseconds. */
  cpu(): number;
}
