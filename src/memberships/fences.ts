import { Position, comparePositions } from '../log/position';
import { LogRecord, MembershipRecord } from '../log/records';
import { Topic } from '../protocol/topic';

/** What a membership record said of one user, or of one topic. */
interface Fence {
  readonly position: Position;
  readonly at: number;
  readonly change: MembershipRecord['change'];
  /** Undefined for `changed`, which is about all of a user's topics. */
  readonly topic?: Topic;
}

/**
 * What the log has said of memberships lately. It beats what the host answers, because the host's commit may come
 * seconds after its call, and its read replica later still; and it says which places of the log lie between a
 * leave and the next join.
 */
export class Fences {
  private readonly ofUser = new Map<string, Fence[]>();
  private readonly ofClosedTopic = new Map<Topic, Fence[]>();

  /**
   * @param beatsMs for how long a fence beats the host's answers
   * @param keptMs for how long it is kept to judge places in the log; at least `beatsMs`
   */
  constructor(
    private readonly beatsMs: number,
    private readonly keptMs: number,
  ) {}

  add({ position, at, body }: LogRecord<MembershipRecord>): void {
    const topic = body.change === 'changed' ? undefined : body.topic;
    const fence: Fence = { position, at, change: body.change, topic };
    if (body.change === 'closed') return append(this.ofClosedTopic, body.topic, fence);
    for (const userId of body.userIds) append(this.ofUser, userId, fence);
  }

  /**
   * The host's answer with what the log knows better.
   *
   * @param askedAt the log's head when the host was asked: an answer asked for after a `changed` ends the fences before it
   */
  correct(userId: string, answer: ReadonlySet<Topic>, askedAt: Position, now: number): Set<Topic> {
    const topics = new Set(answer);
    const fences = this.ofUser.get(userId) ?? [];
    const changed = fences.findLast(
      (fence) => fence.change === 'changed' && comparePositions(fence.position, askedAt) <= 0,
    );
    const beats = (fence: Fence) => {
      if (changed && comparePositions(changed.position, fence.position) > 0) return false;
      return fence.at > now - this.beatsMs || comparePositions(fence.position, askedAt) > 0;
    };
    for (const topic of answer) {
      const closed = this.ofClosedTopic.get(topic)?.at(-1);
      if (closed && beats(closed)) topics.delete(topic);
    }
    for (const fence of fences) {
      if (fence.topic === undefined || !beats(fence)) continue;
      if (fence.change === 'left') topics.delete(fence.topic);
      else if (!this.closedAfter(fence)) topics.add(fence.topic);
    }
    return topics;
  }

  /** Whether the host has said `changed` of a user after a position: an answer asked for before does not count. */
  changedAfter(userId: string, position: Position): boolean {
    const isLater = (fence: Fence) =>
      fence.change === 'changed' && comparePositions(fence.position, position) > 0;
    return this.ofUser.get(userId)?.some(isLater) ?? false;
  }

  /** Some records can't be had: a user who joined before may have left in them. Who has left stays out. */
  forgetJoins(): void {
    for (const [userId, fences] of this.ofUser) {
      this.ofUser.set(
        userId,
        fences.filter((fence) => fence.change !== 'joined'),
      );
    }
  }

  /** Whether a place in the log lies between this user's leave (or the topic's end) and the next join. */
  bars(userId: string, topic: Topic, position: Position): boolean {
    const before = (fence: Fence) => comparePositions(fence.position, position) < 0;
    const ofUser = this.ofUser
      .get(userId)
      ?.findLast((fence) => before(fence) && (fence.topic === topic || fence.change === 'changed'));
    const closed = this.ofClosedTopic.get(topic)?.findLast(before);
    if (!closed || (ofUser && comparePositions(ofUser.position, closed.position) > 0))
      return ofUser?.change === 'left';
    return true;
  }

  /** Forgets what has had its time. */
  prune(now: number): void {
    for (const fences of [this.ofUser, this.ofClosedTopic] as Map<string, Fence[]>[]) {
      for (const [key, list] of fences) {
        const kept = list.filter((fence) => fence.at > now - this.keptMs);
        if (kept.length === 0) fences.delete(key);
        else if (kept.length < list.length) fences.set(key, kept);
      }
    }
  }

  private closedAfter(fence: Fence): boolean {
    const closed = this.ofClosedTopic.get(fence.topic!)?.at(-1);
    return closed !== undefined && comparePositions(closed.position, fence.position) > 0;
  }
}

function append<K>(fences: Map<K, Fence[]>, key: K, fence: Fence): void {
  const list = fences.get(key);
  if (list) list.push(fence);
  else fences.set(key, [fence]);
}
