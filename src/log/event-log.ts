import { MemoryPresenceStore } from './memory-presence-store';
import { Position } from './position';
import { PresenceStore } from './presence-store';
import { LogRecord, NewRecord, RevocationRecord } from './records';

/** Records that are appended together. A number is never reused by its writer for other records. */
export interface RecordBatch {
  /** Random per process. */
  readonly writerId: string;
  /** 1, 2, 3, … per writer. */
  readonly number: number;
  readonly records: readonly NewRecord[];
}

/** Who is called back by {@link EventLog.follow}. Neither method may throw. */
export interface LogFollower {
  /**
   * Records in the log's order, none left out: in place of one that this version can't read, a newer node's or a broken
   * one, comes a `refusal` at its position, for its audience where that is known, else for everyone.
   */
  onRecords(records: readonly LogRecord[]): void;
  /** What lies between the last record and `next` can't be had: nothing is skipped without this call. */
  onBreak(next: Position): void;
}

/** A running {@link EventLog.follow}. */
export interface LogSubscription {
  /** The position from which on records are called back. */
  readonly from: Position;
  /** Ends it; no call comes after. May be called twice. */
  close(): void;
}

/** What {@link EventLog.read} answers. */
export type LogRange =
  | { readonly kind: 'records'; readonly records: readonly LogRecord[]; readonly head: Position }
  | { readonly kind: 'lost'; readonly head: Position };

/**
 * The ordered log that every node follows: live delivery, memberships and revocations are all read from one
 * total order, so they can't overtake each other. An implementation opens nothing before the first call.
 */
export abstract class EventLog {
  /**
   * Appends in order, all or none, once per batch: a resent batch returns its first positions.
   *
   * @returns for each record its {@link LogRecord.position}
   * @throws LogUnavailableError with `outcome: 'refused'` when the batch is certainly not in the log; any other
   * rejection leaves that open, and the writer sends the same batch again
   */
  abstract append(batch: RecordBatch): Promise<readonly Position[]>;

  /**
   * Calls back with every record after a position, and from then on, until closed. A break is told, never skipped. No
   * call comes before the promise has resolved. A log that goes away later ends nothing: the calls go on when it is
   * back, or tell the break.
   *
   * @throws LogUnavailableError when the log can't be reached now: ask again
   */
  abstract follow(after: Position | 'now', follower: LogFollower): Promise<LogSubscription>;

  /** The durable records that the log still holds after a position, at most `limit`, or `lost` when it can't say. */
  abstract read(after: Position | 'oldest', limit: number): Promise<LogRange>;

  /**
   * Keeps a revocation until its `until`, which may lie long after its record is trimmed: called before that record is
   * appended. Saving the same twice keeps the later end.
   *
   * @throws LogUnavailableError when it is not kept
   */
  abstract saveRevocation(revocation: RevocationRecord): Promise<void>;

  /** The revocations whose end has not come. */
  abstract revocations(): Promise<readonly RevocationRecord[]>;

  /** Who is online, beside the log; asked for once a node. Where an implementation does not say, each node knows its own. */
  presence(): PresenceStore {
    return new MemoryPresenceStore();
  }

  /** Ends everything. May be called twice; calls after it are refused. */
  abstract close(): Promise<void>;
}
