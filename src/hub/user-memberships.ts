import { Position, comparePositions } from '../log/position';
import { LogRecord, MembershipRecord } from '../log/records';
import { Fences } from '../memberships/fences';
import { MembershipReader } from '../memberships/membership-reader';
import { Topic } from '../protocol/topic';
import { LiveUser } from './live-user';
import { LiveUsers } from './live-users';
import { Report } from './report';
import { TopicIndex } from './topic-index';

/** How soon the host is asked again after it failed, doubled each time, in milliseconds. */
const FIRST_RETRY_MS = 1_000;

const NONE: ReadonlySet<Topic> = new Set();

/** What the hub makes of an answer, or of its absence. */
export type OnSettled = (user: LiveUser, outcome: 'known' | 'failed') => void;

/**
 * Keeps the topics of the connected users right: by the host's answers, asked for one at a time per user, and by
 * what the log says, which comes first.
 */
export class UserMemberships {
  /** The ids of the users about whom the host is being asked. */
  private readonly asking = new Set<string>();
  /** An answer asked for before it may miss what this node has missed. */
  private brokenUntil: Position = { epoch: 0, seq: 0 };

  constructor(
    private readonly reader: MembershipReader | undefined,
    private readonly recheckMs: number,
    private readonly users: LiveUsers,
    private readonly index: TopicIndex,
    private readonly fences: Fences,
    private readonly head: () => Position,
    private readonly onSettled: OnSettled,
    private readonly report: Report,
  ) {}

  /** Asks the host, unless it is being asked. `onSettled` tells when; at once where there is nobody to ask. */
  ask(user: LiveUser): void {
    if (!this.reader) return this.settle(user, NONE, this.head());
    const { id } = user;
    // By id: a user who went and came back is another object, and the host is still being asked about him.
    if (this.asking.has(id)) return;
    this.asking.add(id);
    let asked: LiveUser | undefined = user;
    let askedAt = this.head();
    const isWanted = () => {
      asked = this.users.get(id);
      askedAt = this.head();
      return asked !== undefined;
    };
    this.reader.ask(id, isWanted).then(
      (topics) => this.onAnswer(id, asked, askedAt, (now) => topics && this.settle(now, topics, askedAt)),
      (error: unknown) => this.onAnswer(id, asked, askedAt, (now) => this.onFailure(now, error)),
    );
  }

  /** Whether the host is being asked about a user: what is known of him may be old. */
  isAsking(userId: string): boolean {
    return this.asking.has(userId);
  }

  /** Some records can't be had: everyone is asked about anew, and what is being answered does not count. */
  askAll(): void {
    this.brokenUntil = this.head();
    for (const user of this.users) this.ask(user);
  }

  /** Applies what the log says to who is connected, and remembers it for who will be. */
  apply(record: LogRecord<MembershipRecord>): void {
    const { body } = record;
    this.fences.add(record);
    if (body.change === 'closed') {
      for (const user of [...(this.index.membersOf(body.topic) ?? [])]) this.index.delete(user, body.topic);
      return;
    }
    for (const userId of body.userIds) {
      const user = this.users.get(userId);
      if (!user) continue;
      if (body.change === 'left') {
        this.index.delete(user, body.topic);
      } else if (body.change === 'joined') {
        this.index.add(user, body.topic);
        user.joinedAt = record.at;
      }
    }
  }

  /** Asks again about those whose time has come. */
  recheck(now: number): void {
    if (!this.reader) return;
    for (const user of this.users) if (user.nextCheckAt <= now) this.ask(user);
  }

  /** The user's last connection is gone. */
  forget(user: LiveUser): void {
    this.index.replace(user, new Set());
  }

  private onAnswer(
    id: string,
    asked: LiveUser | undefined,
    askedAt: Position,
    then: (user: LiveUser) => void,
  ): void {
    this.asking.delete(id);
    const user = this.users.get(id);
    if (!user) return;
    // Asked before he came back, or before the host said that something has changed: the answer may be old news.
    const isOld = this.fences.changedAfter(id, askedAt) || comparePositions(askedAt, this.brokenUntil) < 0;
    if (user !== asked || isOld) this.ask(user);
    else then(user);
  }

  private settle(user: LiveUser, answer: ReadonlySet<Topic>, askedAt: Position): void {
    const now = Date.now();
    const topics = this.fences.correct(user.id, answer, askedAt, now);
    const hasJoined = user.isKnown && [...topics].some((topic) => !user.topics.has(topic));
    if (hasJoined) user.joinedAt = now;
    user.isKnown = true;
    user.failures = 0;
    user.nextCheckAt = now + this.recheckMs * (0.5 + Math.random() / 2);
    this.index.replace(user, topics);
    this.onSettled(user, 'known');
  }

  private onFailure(user: LiveUser, error: unknown): void {
    user.failures += 1;
    const delay = Math.min(this.recheckMs, FIRST_RETRY_MS * 2 ** Math.min(user.failures - 1, 20));
    user.nextCheckAt = Date.now() + delay * (0.5 + Math.random() / 2);
    this.report('The memberships of a user could not be read', error);
    this.onSettled(user, 'failed');
  }
}
