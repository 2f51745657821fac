/** What things cost, each as `npm run bench` or `npm run bench:redis` measures it on one core of one machine. */
export interface Costs {
  /** A delivery to a connection that gets nothing else in that write, in microseconds of the node's CPU. */
  readonly deliveryUs: number;
  /** One more frame in a write that happens anyway, in microseconds. */
  readonly frameUs: number;
  /** A read of the log by a node, whatever is in it, in microseconds of the node's CPU: a write, a wake-up, a timer. */
  readonly readUs: number;
  /** A record that a node decodes and keeps, in microseconds. */
  readonly recordUs: number;
  /** What the node that emits spends on a record until it is in the log, in microseconds. */
  readonly emitUs: number;
  /** Redis, for a record that is appended, in microseconds of its one thread. */
  readonly appendRedisUs: number;
  /** Redis, for a read that it wakes, in microseconds, and for a record in it. */
  readonly readRedisUs: number;
  readonly recordRedisUs: number;
  /** Redis, for somebody who came or is gone, in microseconds. */
  readonly presenceRedisUs: number;
  /** A connection that comes, with its token, in microseconds of the node's CPU. */
  readonly connectUs: number;
  /** A connection that is idle, in microseconds of the node's CPU a second. */
  readonly idleUs: number;
  /** A connection that is idle, in KiB of the node's resident memory. */
  readonly connectionKiB: number;
  /** A user who is online with one connection, in bytes of Redis's memory. */
  readonly presenceBytes: number;
  /** A record in the stream, in bytes. */
  readonly recordBytes: number;
}
