import { Audience, toEveryone } from './audience';
import { NewRecord, RefusalRecord } from './records';

/** Past so many audiences, or users in one, everyone is told. */
const MAX_MARKS = 1_000;

/**
 * Whom a durable event was for that the log did not take: the host's database may hold it. Known until it can be
 * said in the log itself.
 */
export class RefusalMarks {
  private readonly byClaim = new Map<object, Audience>();

  get isEmpty(): boolean {
    return this.byClaim.size === 0;
  }

  /** @param claim what stands for the record, and for every retry of it */
  add(claim: object, body: NewRecord): void {
    const isEvent = body.kind === 'event' && body.durable;
    if (!isEvent && body.kind !== 'refusal') return;
    this.byClaim.set(claim, isTooLarge(body.audience) ? toEveryone() : body.audience);
    if (this.byClaim.size <= MAX_MARKS) return;
    this.byClaim.clear();
    this.byClaim.set(this, toEveryone());
  }

  /** A retry of it is in the log. */
  delete(claim: object): void {
    this.byClaim.delete(claim);
  }

  /** Everything that is marked, as records; none is marked any more. */
  take(): RefusalRecord[] {
    const byKey = new Map([...this.byClaim.values()].map((audience) => [keyOf(audience), audience]));
    this.byClaim.clear();
    const all = byKey.get(keyOf(toEveryone()));
    return (all ? [all] : [...byKey.values()]).map((audience) => ({
      kind: 'refusal',
      audience,
      durable: true,
    }));
  }
}

function isTooLarge({ target, excepted }: Audience): boolean {
  return excepted.size > MAX_MARKS || (target.kind === 'users' && target.userIds.length > MAX_MARKS);
}

function keyOf({ target, excepted }: Audience): string {
  return JSON.stringify([target, [...excepted].sort()]);
}
