import { LogUnavailableError } from '../live-messages.errors';
import { Position } from './position';
import { weightOf } from './record-weight';
import { NewRecord } from './records';

interface Caller {
  readonly deadline: number;
  readonly resolve: (position: Position) => void;
  readonly reject: (error: Error) => void;
}

type State =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'accepted'; readonly position: Position }
  | { readonly kind: 'failed'; readonly error: LogUnavailableError };

/** A record on its way into the log, and the callers that wait for it: more than one when its key came again. */
export class PendingRecord {
  /** In bytes. */
  readonly weight: number;
  private callers: Caller[] = [];
  private state: State = { kind: 'waiting' };
  private content: NewRecord | undefined;

  /** @param claim the same object for a record and for its retries */
  constructor(
    body: NewRecord,
    readonly claim: object = {},
  ) {
    this.content = body;
    this.weight = weightOf(body);
  }

  /** What is to be appended. Let go of once that is settled: a key outlives it. */
  get body(): NewRecord {
    return this.content!;
  }

  /** Whether it will not come into the log, as far as anybody can tell. */
  get hasFailed(): boolean {
    return this.state.kind === 'failed';
  }

  /** When the next caller stops waiting, on the clock of `performance.now()`; infinity when none waits. */
  get deadline(): number {
    return this.callers[0]?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** When nobody waits any more. */
  get lastDeadline(): number {
    return this.callers.at(-1)?.deadline ?? Number.NEGATIVE_INFINITY;
  }

  wait(deadline: number): Promise<Position> {
    if (this.state.kind === 'accepted') return Promise.resolve(this.state.position);
    if (this.state.kind === 'failed') return Promise.reject(this.state.error);
    return new Promise((resolve, reject) => this.callers.push({ deadline, resolve, reject }));
  }

  accept(position: Position): void {
    this.settle({ kind: 'accepted', position });
    for (const caller of this.callers) caller.resolve(position);
    this.callers = [];
  }

  /** It will not be sent again. */
  fail(outcome: 'refused' | 'unknown', why: string, cause?: Error): void {
    const error = new LogUnavailableError(outcome, why, { cause });
    this.settle({ kind: 'failed', error });
    for (const caller of this.callers) caller.reject(error);
    this.callers = [];
  }

  /** Callers whose deadline has passed are told that what becomes of the record is open. */
  giveUp(now: number, why: string): void {
    for (const caller of this.callers) {
      if (caller.deadline <= now) caller.reject(new LogUnavailableError('unknown', why));
    }
    this.callers = this.callers.filter((caller) => caller.deadline > now);
  }

  private settle(state: State): void {
    this.state = state;
    this.content = undefined;
  }
}
