/** The clocks of the log on Redis, in milliseconds. */
export interface RedisTimings {
  /** How long one attempt to connect may take until the server has said that it is ready. */
  readonly connectMs: number;
  /** How long a connection that is gone is waited for before what needs it is refused. */
  readonly graceMs: number;
  /** How long a command may take before its connection is given up. */
  readonly commandMs: number;
  /** How often a following node looks after the log's life, its head and its age. */
  readonly beatMs: number;
  /** How long a follower may lie behind the head before its connection is given up. */
  readonly behindMs: number;
  /** How long a read waits for the next record on the server. */
  readonly blockMs: number;
  /** How long a read may take beyond that before its connection is given up. */
  readonly answerMs: number;
  /** For how long a node counts as alive that has said nothing; every beat renews it. */
  readonly leaseMs: number;
  /** How often it is looked whose grace is over, and what is to be announced. */
  readonly sweepMs: number;
  /** For how long records are gathered at most, under load, before they are read. */
  readonly gatherMs: number;
}

export const REDIS_TIMINGS: RedisTimings = {
  connectMs: 5_000,
  graceMs: 1_000,
  commandMs: 5_000,
  beatMs: 5_000,
  behindMs: 15_000,
  blockMs: 5_000,
  answerMs: 5_000,
  leaseMs: 15_000,
  sweepMs: 1_000,
  gatherMs: 10,
};
