const WRONGS = [
  'events after the leave',
  'events before the leave that never came',
  'not let in again',
  'RESYNC without a reason',
  'connections that fell',
] as const;

type RaceWrong = (typeof WRONGS)[number];

/** So many of a hundred events have to be before the leave, and so many after it: or nothing was raced. */
const LEAST_SHARE = 0.02;

/** What the races come to. */
export class RaceFigures {
  races = 0;
  before = 0;
  after = 0;
  /** Deliveries that were due, of events before the leave; deliveries that must not be, of those after. */
  due = 0;
  barred = 0;
  readonly kinds = new Map<string, number>();
  private readonly wrongs = new Map<RaceWrong, string[]>();

  wrong(what: RaceWrong, who: string): void {
    this.wrongs.set(what, [...(this.wrongs.get(what) ?? []), who]);
  }

  kind(name: string): void {
    this.kinds.set(name, (this.kinds.get(name) ?? 0) + 1);
  }

  get isPass(): boolean {
    const least = (this.before + this.after) * LEAST_SHARE;
    return this.races > 0 && this.wrongs.size === 0 && this.before > least && this.after > least;
  }

  toString(): string {
    const kinds = [...this.kinds].sort().map(([name, count]) => `${name} ${count}`);
    return [
      `races ${this.races}: ${kinds.join(', ')}`,
      `events emitted at once with a leave: ${this.before} before it in the log, ${this.after} after it`,
      `deliveries of those before: ${this.due - (this.wrongs.get(WRONGS[1])?.length ?? 0)} of ${this.due}; ` +
        `of those after: ${this.wrongs.get(WRONGS[0])?.length ?? 0} of ${this.barred}`,
      ...WRONGS.map((what) => {
        const wrong = this.wrongs.get(what) ?? [];
        return `${wrong.length === 0 ? '  ok ' : 'WRONG'} ${what}: ${wrong.length} ${wrong[0] ?? ''}`.trimEnd();
      }),
    ].join('\n');
  }
}
