/** What must not happen. */
const WRONGS = [
  'online more than 35 s after the last connection',
  'offline with a connection',
  'count: not what it can be',
  'gone, and never announced',
  'gone, and announced after more than 35 s',
  'came, and never announced',
  'announced twice',
  'announced as gone with a connection, or in the grace',
  'announced as come without a connection',
  'announced while nobody could ask Redis, or after',
  'ghosts: counted when everyone had gone',
  'ghosts: keys left in Redis',
] as const;

export type Wrong = (typeof WRONGS)[number];

/** What a run comes to. */
export class Figures {
  /** Answers of nodes. */
  answers = 0;
  /** Users whose last connection was gone long enough, each time. */
  departures = 0;
  /** Connections that were lost with a node, by what their users did. */
  readonly lost = { hadOthers: 0, backInTime: 0, backMeanwhile: 0, stayedAway: 0 };
  announced = { come: 0, gone: 0 };
  /** Told again, because the node that told it was killed right then. */
  toldAgain = 0;
  /** Told the same twice, because the change between was to be told by a node that was killed as it told. */
  passedOver = 0;
  /** Announced after 35 s, because the node that was to tell it was killed while it told. */
  lateForAKill = 0;
  /** From the loss of the last connection until no node said online any more, in milliseconds. */
  slowestRight = 0;
  slowestAnnounced = 0;
  private readonly wrongs = new Map<Wrong, number>();
  private readonly examples = new Map<Wrong, string>();

  wrong(what: Wrong, example: string): void {
    this.wrongs.set(what, (this.wrongs.get(what) ?? 0) + 1);
    if (!this.examples.has(what)) this.examples.set(what, example);
  }

  /** A run that has seen nothing is no proof. */
  get isPass(): boolean {
    return this.wrongs.size === 0 && this.answers > 0 && this.announced.gone > 0;
  }

  toString(): string {
    const { hadOthers, backInTime, backMeanwhile, stayedAway } = this.lost;
    const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
    return [
      `connections lost with their node ${hadOthers + backInTime + backMeanwhile + stayedAway}: of users with others ` +
        `${hadOthers}, back within the grace ${backInTime}, back within 35 s ${backMeanwhile}, away ${stayedAway}`,
      `announced as come ${this.announced.come}, as gone ${this.announced.gone} (away for over 35 s: ${this.departures})`,
      `told again, the first one having been killed as it told: ${this.toldAgain}; for the same reason ` +
        `late: ${this.lateForAKill}, a change passed over whose opposite came meanwhile: ${this.passedOver}`,
      `answers of nodes ${this.answers}; the longest until right ${seconds(this.slowestRight)}, ` +
        `until announced ${seconds(this.slowestAnnounced)}`,
      ...WRONGS.map((what) => {
        const count = this.wrongs.get(what) ?? 0;
        return `${count === 0 ? '  ok ' : 'WRONG'} ${what}: ${count} ${this.examples.get(what) ?? ''}`.trimEnd();
      }),
    ].join('\n');
  }
}
