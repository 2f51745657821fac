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
  };
}
