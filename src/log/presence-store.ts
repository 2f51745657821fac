/** A connection of a user, as the nodes tell each other of it. */
export interface Attendance {
  readonly userId: string;
  /** Its number on its node; none comes twice in the life of a process. */
  readonly serial: number;
  /** Milliseconds since 1970. */
  readonly connectedAt: number;
  /** From when it does not count for the limit any more, in milliseconds since 1970; infinity: it always does. */
  readonly replacedFrom: number;
}

/** Somebody came, or is gone. */
export interface PresenceChange {
  readonly userId: string;
  readonly online: boolean;
}

/** What is to be announced: changes, and whether others may have been lost, so that everyone has to look anew. */
export interface PresenceNews {
  readonly changes: readonly PresenceChange[];
  readonly isIncomplete: boolean;
}

/** Connections by which a user has more than the limit, the oldest ones, on the node that has them. */
export interface Excess {
  readonly userId: string;
  readonly node: string;
  readonly serials: readonly number[];
}

/** How much of all this node has. */
export interface NodeLoad {
  /** Connections of this node. */
  readonly own: number;
  /** Connections of all nodes. */
  readonly all: number;
  /** How many nodes there are. */
  readonly nodes: number;
}

/** A node that takes part, and what it is told. */
export interface PresenceNode {
  /** Random per process. */
  readonly id: string;
  /** How many connections there are now. */
  readonly size: number;
  /** Every one of them. */
  attendances(): Iterable<Attendance>;
  /** Each change is told to one node. A rejection: to one of them again, later. */
  onNews(news: PresenceNews): Promise<void>;
  /** Somebody who came to this node has too many connections. */
  onExcess(excess: readonly Excess[]): void;
  onLoad(load: NodeLoad): void;
}

/** What a node keeps to, the same on each of them. */
export interface PresenceRules {
  /** How long a user without a connection still counts as online, in milliseconds. */
  readonly graceMs: number;
  /** Connections of one user on all nodes together. */
  readonly connectionsPerUser: number;
}

/** A node's part in a {@link PresenceStore}. None of its methods throws or rejects. */
export interface PresenceSession {
  came(attendance: Attendance): void;
  gone(attendance: Attendance): void;
  /** The node stops: its connections are gone. May be called twice. */
  leave(): Promise<void>;
}

/**
 * Who is online, on whichever node: it stands beside the log, not in it, because a count needs no order. A node that
 * dies without a word is noticed by its lease, and one of the others announces those who were on it.
 */
export abstract class PresenceStore {
  /** Takes part, with the connections there are, from now on or as soon as the store can be reached. */
  abstract join(node: PresenceNode, rules: PresenceRules): PresenceSession;

  /** For each user whether he is online; one in his grace still is. @throws LogUnavailableError */
  abstract areOnline(userIds: readonly string[]): Promise<readonly boolean[]>;

  /** How many users are online. @throws LogUnavailableError */
  abstract count(): Promise<number>;
}
