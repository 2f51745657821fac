import { REASONS } from './journal';

/** What must not happen. */
const WRONGS = [
  'silent gaps',
  'inversions',
  'doubles',
  'lost at the end',
  'refused and sent',
  'sent elsewhere than accepted',
  'for somebody else',
  'resumed elsewhere than asked',
  'RESYNC in one life of the log',
  'another life without RESYNC',
  'no RESYNC after a cursor was turned down',
  'clients that broke their own rules',
  'plain: gaps',
  'plain: inversions',
  'plain: doubles',
  'plain: lost at the end',
  'log: entries twice',
  'log: accepted without an entry',
  'log: emptied or trimmed too early',
  'log: epochs without a cause',
  'positions of two records',
] as const;

export type Wrong = (typeof WRONGS)[number];

/** The least share of reconnects that go on without `RESYNC`. */
const LEAST_RESUMED = 0.95;

/** What a run comes to. */
export class Figures {
  deliveries = 0;
  duplicates = 0;
  /** Reconnects with a cursor. */
  reconnects = 0;
  /** Those that went on where they were. */
  resumed = 0;
  /** `EVENT_REFUSED`, which counts neither way. */
  refusals = 0;
  /** Events that Redis had lost, accepted again and sent again: behind a `RESYNC`. */
  sentAgain = 0;
  /** Plain connections that ended: their front ends reload. */
  plainEnds = 0;
  readonly resyncs = new Map<string, number>();
  private readonly wrongs = new Map<Wrong, number>();
  private readonly examples = new Map<Wrong, string>();

  wrong(what: Wrong, count: number, example: string): void {
    if (count <= 0) return;
    this.wrongs.set(what, (this.wrongs.get(what) ?? 0) + count);
    if (!this.examples.has(what)) this.examples.set(what, example);
  }

  resync(reason: number, isAnswer: boolean): void {
    const name = REASONS[reason]!;
    this.resyncs.set(name, (this.resyncs.get(name) ?? 0) + 1);
    if (!isAnswer) return;
    if (name === 'EVENT_REFUSED') this.refusals += 1;
  }

  get share(): number {
    const counted = this.reconnects - this.refusals;
    return counted === 0 ? 1 : this.resumed / counted;
  }

  count(what: Wrong): number {
    return this.wrongs.get(what) ?? 0;
  }

  /** Whether nothing happened that must not. */
  get isRight(): boolean {
    return this.wrongs.size === 0 && this.deliveries > 0;
  }

  get isPass(): boolean {
    return this.isRight && this.share >= LEAST_RESUMED;
  }

  toString(): string {
    const resyncs = [...this.resyncs].map(([reason, count]) => `${reason} ${count}`).join(', ');
    return [
      `deliveries ${this.deliveries}, with equal cursors ${this.duplicates}, ` +
        `accepted anew after a loss ${this.sentAgain}`,
      `RESYNC: ${resyncs || 'none'}`,
      `reconnects ${this.reconnects}, turned down for EVENT_REFUSED ${this.refusals}, ` +
        `of the others resumed ${this.resumed} (${(this.share * 100).toFixed(2)} %)`,
      ...WRONGS.map((what) => {
        const count = this.count(what);
        return `${count === 0 ? '  ok ' : 'WRONG'} ${what}: ${count} ${this.examples.get(what) ?? ''}`.trimEnd();
      }),
    ].join('\n');
  }
}
