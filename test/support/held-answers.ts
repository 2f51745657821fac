import { MembershipSource, Topic } from 'nestjs-live-messages';
import { Memberships } from './host';

/** One call of `topicsOf` that waits for the test. */
export interface HeldCall {
  readonly userId: string;
  /** Answers with topics, or with anything else that a host may answer. */
  answer(value: unknown): void;
  fail(error: unknown): void;
}

/** Keeps the calls of `topicsOf` waiting for the users it is told; everyone else is answered from the host's table. */
export class HeldAnswers implements MembershipSource {
  /** All held calls so far, answered or not. */
  readonly calls: HeldCall[] = [];
  /** How many held calls run now, and how many ran at once at most. */
  running = 0;
  mostRunning = 0;
  private readonly held = new Set<string>();
  private taken = 0;
  private wake: (() => void)[] = [];

  constructor(private readonly table: Memberships['table']) {}

  /** Holds a host's answers for these users from now on. */
  static of(source: Memberships, ...userIds: string[]): HeldAnswers {
    const answers = new HeldAnswers(source.table);
    source.topicsOf = (userId) => answers.topicsOf(userId);
    return answers.hold(...userIds);
  }

  hold(...userIds: string[]): this {
    for (const userId of userIds) this.held.add(userId);
    return this;
  }

  /** Answers these users from the table again. */
  release(...userIds: string[]): void {
    for (const userId of userIds) this.held.delete(userId);
  }

  topicsOf(userId: string): Promise<Topic[]> | Topic[] {
    if (!this.held.has(userId)) return this.table.get(userId) ?? [];
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    return new Promise<unknown>((resolve, reject) => {
      this.calls.push({ userId, answer: resolve, fail: reject });
      for (const wake of this.wake.splice(0)) wake();
    }).finally(() => (this.running -= 1)) as Promise<Topic[]>;
  }

  /** The next held call, as soon as it is made. */
  async next(): Promise<HeldCall> {
    while (this.taken >= this.calls.length) await new Promise<void>((resolve) => this.wake.push(resolve));
    this.taken += 1;
    return this.calls[this.taken - 1]!;
  }
}
