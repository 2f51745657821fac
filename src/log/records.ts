import { Topic } from '../protocol/topic';
import { Audience } from './audience';
import { Position } from './position';

/** An event on its way to its audience, already as JSON text: validated and encoded once, where it was emitted. */
export interface EventRecord {
  readonly kind: 'event';
  /** The `message_type`. */
  readonly type: string;
  readonly json: string;
  readonly audience: Audience;
  /** A durable event has a position of its own; another is worth nothing a moment later. */
  readonly durable: boolean;
  /** The author of a message: what he was typing is overtaken by it. */
  readonly author?: string;
  /** The topic the event is about, which need not be its audience. */
  readonly topic?: Topic;
  /** The id of the message the event is about, by which a replay leaves out what is overtaken. */
  readonly subject?: string;
}

/** Somebody types: a slot for each (topic, user), not a queue, and never back to that user. */
export interface TypingRecord {
  readonly kind: 'typing';
  readonly json: string;
  readonly audience: Audience;
  readonly author: string;
  readonly topic: Topic;
  readonly durable: false;
}

/** A hint that makes clients fetch: spread over time, and merged. */
export interface RefreshRecord {
  readonly kind: 'refresh';
  readonly what: 'UPDATE_STATUS' | 'UPDATE_USERS';
  readonly audience: Audience;
  /** The user whose own connections get it at once. */
  readonly actor?: string;
  readonly durable: true;
}

/** Who is in which topic has changed: `changed` asks the host, the others say it themselves. */
export type MembershipRecord = { readonly kind: 'membership'; readonly durable: true } & (
  | { readonly change: 'changed'; readonly userIds: readonly string[] }
  | { readonly change: 'joined' | 'left'; readonly userIds: readonly string[]; readonly topic: Topic }
  | { readonly change: 'closed'; readonly topic: Topic }
);

/** The user's connections are closed; a valid token may return. */
export interface DisconnectRecord {
  readonly kind: 'disconnect';
  readonly userId: string;
  readonly durable: true;
}

/** Tokens that do not count any more, until `until` (milliseconds since 1970). */
export type RevocationRecord = {
  readonly kind: 'revocation';
  readonly until: number;
  readonly durable: true;
} & ({ readonly tokenId: string } | { readonly userId: string; readonly issuedBefore: number });

/** A user has more connections than he may, and these, on that node, are the oldest: they are closed. */
export interface ExcessRecord {
  readonly kind: 'excess';
  readonly userId: string;
  readonly node: string;
  readonly serials: readonly number[];
  readonly durable: false;
}

/** Something for this audience is not in the log, and may be in the host's database: who is in it must fetch. */
export interface RefusalRecord {
  readonly kind: 'refusal';
  readonly audience: Audience;
  readonly durable: true;
}

/** What is appended to the log. */
export type NewRecord =
  | EventRecord
  | TypingRecord
  | RefreshRecord
  | MembershipRecord
  | DisconnectRecord
  | RevocationRecord
  | ExcessRecord
  | RefusalRecord;

/** A record as the log hands it out. */
export interface LogRecord<R extends NewRecord = NewRecord> {
  /** Its own position; for a record that is not durable, the log's head when it was appended. */
  readonly position: Position;
  /** Milliseconds since 1970 at which the log accepted it. */
  readonly at: number;
  readonly body: R;
}
