import { Topic, isTopic } from '../protocol/topic';
import { TurnSlice } from '../turn-slice';
import { MembershipSource } from './membership-source';

/** How hard the host may be asked. */
export interface MembershipReaderOptions {
  /** How many calls of `topicsOf` run at once. */
  readonly concurrency: number;
  /** How long one call may take, in milliseconds, from its start. */
  readonly timeoutMs: number;
}

interface Question {
  readonly userId: string;
  readonly isWanted: () => boolean;
  readonly resolve: (topics: Set<Topic> | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Asks the host who is where: never more than so many calls at once, none without an end, no answer unchecked. */
export class MembershipReader {
  private queue: Question[] = [];
  private turn = 0;
  private running = 0;
  private readonly slice = new TurnSlice();
  private later: NodeJS.Immediate | undefined;

  constructor(
    private readonly source: MembershipSource,
    private readonly options: MembershipReaderOptions,
  ) {}

  /**
   * The user's topics as the host has them.
   *
   * @param isWanted asked when it is this question's turn; undefined is the answer when it says no
   * @throws Error when the host fails, takes too long, or answers anything but topics
   */
  ask(userId: string, isWanted: () => boolean): Promise<Set<Topic> | undefined> {
    return new Promise((resolve, reject) => {
      this.queue.push({ userId, isWanted, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    while (this.running < this.options.concurrency && this.turn < this.queue.length) {
      if (this.slice.isOver) {
        // A host that answers from its memory would be asked about all of them, and they served, in one turn.
        this.later ??= setImmediate(() => {
          this.later = undefined;
          this.next();
        });
        return;
      }
      const question = this.take();
      if (!question) return;
      if (!question.isWanted()) {
        question.resolve(undefined);
        continue;
      }
      this.running += 1;
      void this.call(question).finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }

  /** Shifting an array costs its length, each time. */
  private take(): Question | undefined {
    const question = this.queue[this.turn];
    if (question) this.turn += 1;
    if (this.turn * 2 >= this.queue.length) {
      this.queue = this.queue.slice(this.turn);
      this.turn = 0;
    }
    return question;
  }

  private async call({ userId, resolve, reject }: Question): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, fail) => {
      const late = () => fail(new Error(`topicsOf() did not answer within ${this.options.timeoutMs} ms`));
      timer = setTimeout(late, this.options.timeoutMs);
    });
    try {
      resolve(checkedTopics(await Promise.race([this.read(userId), timeout])));
    } catch (error) {
      reject(error instanceof Error ? error : new Error('topicsOf() threw something that is no Error'));
    } finally {
      clearTimeout(timer);
    }
  }

  /** A source that throws at once fails like one that rejects. */
  private async read(userId: string): Promise<unknown> {
    return this.source.topicsOf(userId);
  }
}

function checkedTopics(answer: unknown): Set<Topic> {
  const isIterable = typeof answer === 'object' && answer !== null && Symbol.iterator in answer;
  if (!isIterable) throw new TypeError('topicsOf() must answer an array or another iterable of topics');
  const topics = new Set<Topic>();
  for (const entry of answer as Iterable<unknown>) {
    if (!isTopic(entry)) throw new TypeError("topicsOf() must answer topics, made by topic('CHANNEL', id)");
    topics.add(entry);
  }
  return topics;
}
