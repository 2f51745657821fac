import { LogUnavailableError } from '../live-messages.errors';
import { Position } from './position';
import { NewRecord } from './records';

interface Caller {
  readonly deadline: number;
  readonly resolve: (position: Position) => void;
  readonly reject: (error: Error) => void;
}

type State =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'accepted'; readonly position: Position }
  | { readonly kind: 'refused'; readonly error: LogUnavailableError };

/** A record on its way into the log, and the callers that wait for it: more than one when its key came again. */
export class PendingRecord {
  private callers: Caller[] = [];
  private state: State = { kind: 'waiting' };

  constructor(readonly body: NewRecord) {}

  get refused(): boolean {
    return this.state.kind === 'refused';
  }

  /** Whether no caller waits for it (any more). */
  get abandoned(): boolean {
    return this.callers.length === 0;
  }

  /** When the first caller stops waiting, in milliseconds since 1970; infinity when none waits. */
  get deadline(): number {
    return this.callers[0]?.deadline ?? Number.POSITIVE_INFINITY;
  }

  wait(deadline: number): Promise<Position> {
    if (this.state.kind === 'accepted') return Promise.resolve(this.state.position);
    if (this.state.kind === 'refused') return Promise.reject(this.state.error);
    return new Promise((resolve, reject) => this.callers.push({ deadline, resolve, reject }));
  }

  accept(position: Position): void {
    this.state = { kind: 'accepted', position };
    for (const caller of this.callers) caller.resolve(position);
    this.callers = [];
  }

  /** The log certainly has not got it. */
  refuse(why: string, cause?: Error): void {
    const error = new LogUnavailableError('refused', why, { cause });
    this.state = { kind: 'refused', error };
    for (const caller of this.callers) caller.reject(error);
    this.callers = [];
  }

  /** Callers whose deadline has passed are told; what becomes of the record stays open. */
  giveUp(now: number, outcome: 'refused' | 'unknown', why: string): void {
    for (const caller of this.callers) {
      if (caller.deadline <= now) caller.reject(new LogUnavailableError(outcome, why));
    }
    this.callers = this.callers.filter((caller) => caller.deadline > now);
  }
}
