import { Pace } from './pace';

/** How often all nodes together may wake Redis for a read, in a millisecond: about a quarter of its one thread. */
const READS_A_MILLISECOND = 15;

/** From how many records in a millisecond a node waits for more, however many or few nodes there are. */
const FROM = { least: 0.5, most: 1.5 };

/** For how long more are waited for at one record in a millisecond, in milliseconds; at more, in proportion. */
const MS_AT_ONE = 2;

/**
 * How long a follower waits for more records before it reads. Few are read at once, each for itself; what comes faster
 * is gathered, for the node's sake, and where many nodes read from one Redis sooner, for the sake of Redis.
 */
export class Gathering {
  private readonly pace = new Pace();

  /**
   * @param nodes how many follow the same log
   * @param mostMs the longest wait, in milliseconds
   */
  constructor(
    private readonly nodes: () => number,
    private readonly mostMs: number,
  ) {}

  /**
   * @param now in milliseconds, of a clock that never steps back
   * @returns how long to wait after a read that has brought so many records, in milliseconds
   */
  after(count: number, now: number): number {
    const aMillisecond = this.pace.after(count, now);
    const from = Math.max(FROM.least, Math.min(READS_A_MILLISECOND / this.nodes(), FROM.most));
    return aMillisecond < from ? 0 : Math.min(Math.ceil(aMillisecond * MS_AT_ONE), this.mostMs);
  }
}
