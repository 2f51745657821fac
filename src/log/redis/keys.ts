/** Where everything of one log stands in Redis: in one hash slot, as a script over several keys demands in a Cluster. */
export interface RedisKeys {
  /** Stream: the durable records; their ids are the positions. */
  readonly log: string;
  /** Hash: whose life the log is in (`run`), and its last position (`epoch`, `seq`). */
  readonly head: string;
  /** Stream, short: what is not durable. */
  readonly fleeting: string;
  /** Sorted set: the revocations, by the millisecond in which they end. */
  readonly revocations: string;
  /** String, for an hour: the last batch of a writer, and its place. */
  writer(writerId: string): string;
  readonly presence: PresenceKeys;
}

/** Where it stands who is online. A node's key is its id and how often it has joined. */
export interface PresenceKeys {
  /** String: the server's `run_id`, and when this life of the data began. */
  readonly life: string;
  /** Sorted set: the nodes, by the millisecond in which their leases end. */
  readonly nodes: string;
  /** Hash: how many connections each node has. */
  readonly loads: string;
  /** Sorted set: nodes whose leases have ended, by when somebody is to see to their users. */
  readonly dead: string;
  /** Set: the users who are online, those in their grace among them. */
  readonly online: string;
  /** Sorted set: users who have lost a connection, by the millisecond in which the grace after it ends. */
  readonly leaving: string;
  /** Sorted set: `+` or `-` and a user to be announced, or `*` for everyone, by when. */
  readonly news: string;
  /** Hash: how many connections each user has on a node. */
  readonly usersOf: (nodeKey: string) => string;
  /** Sorted set: a user's connections, as node, serial and when it counts no more, by when they began. */
  readonly user: (userId: string) => string;
}

/** The keys under a prefix, which becomes the hash tag unless it has one; a host's own `keyPrefix` stands before it. */
export function keysOf(prefix: string, keyPrefix = ''): RedisKeys {
  const tagged = `${keyPrefix}${prefix.includes('{') ? prefix : `{${prefix}}`}`;
  return {
    log: `${tagged}:log`,
    head: `${tagged}:head`,
    fleeting: `${tagged}:fleeting`,
    revocations: `${tagged}:revocations`,
    writer: (writerId) => `${tagged}:writer:${writerId}`,
    presence: {
      life: `${tagged}:life`,
      nodes: `${tagged}:nodes`,
      loads: `${tagged}:loads`,
      dead: `${tagged}:dead`,
      online: `${tagged}:online`,
      leaving: `${tagged}:leaving`,
      news: `${tagged}:news`,
      usersOf: (nodeKey) => `${tagged}:node:${nodeKey}`,
      user: (userId) => `${tagged}:user:${userId}`,
    },
  };
}
