import { Topic } from '../protocol/topic';
import { Connection } from './connection';

/** A user with at least one connection on this node. */
export class LiveUser {
  /** The oldest first. */
  readonly connections: Connection[] = [];
  topics: ReadonlySet<Topic> = NONE;
  /** Milliseconds since 1970 at which he last joined a topic while connected. */
  joinedAt = 0;
  /** Whether the host has ever said which topics he is in. */
  isKnown = false;
  /** Answers of the host that failed, since the last good one. */
  failures = 0;
  /** When the host is to be asked again, in milliseconds since 1970. */
  nextCheckAt = Number.POSITIVE_INFINITY;

  constructor(readonly id: string) {}
}

const NONE: ReadonlySet<Topic> = new Set();
