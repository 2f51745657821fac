/** The first object on a resumable connection: the place before what is replayed. */
export interface Connected {
  readonly message_type: 'CONNECTED';
  readonly cursor: string;
  /** False in answer to a cursor: {@link Resync} is next. */
  readonly resumed: boolean;
  /** How often a {@link Heartbeat} comes, in milliseconds. */
  readonly heartbeat_ms: number;
}

/** Why continuity can't be proved. */
export type ResyncReason =
  'CURSOR_TOO_OLD' | 'CURSOR_UNKNOWN' | 'HISTORY_LOST' | 'REPLAY_TOO_LONG' | 'EVENT_REFUSED';

/** Something may be missing: fetch over HTTP, after a random wait, between half of `spread_ms` milliseconds and all of it. */
export interface Resync {
  readonly message_type: 'RESYNC';
  readonly cursor: string;
  readonly reason: ResyncReason;
  readonly spread_ms: number;
}

/** The place up to which this connection has been sent every durable event. */
export interface Heartbeat {
  readonly message_type: 'HEARTBEAT';
  readonly cursor: string;
}

/** What the server itself says on a resumable connection. */
export type ControlOnWire = Connected | Resync | Heartbeat;

/** The query parameter that makes a connection resumable: empty the first time, then the last cursor. */
export const RESUME_PARAMETER = 'resume';

/** The header of a REST response that says from where to resume. */
export const CURSOR_HEADER = 'X-Live-Cursor';
