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
    if (!this.reader) {
      this.settle(user, this.fences.correct(user.id, NONE, this.head(), Date.now()), this.head());
      return;
    }
    if (user.isAsked) return;
    user.isAsked = true;
    const askedAt = { position: this.head() };
    const isWanted = () => {
      askedAt.position = this.head();
      return this.isConnected(user);
    };
    this.reader.ask(user.id, isWanted).then(
      (topics) => this.onAnswer(user, topics, askedAt.position),
      (error: unknown) => this.onFailure(user, error, askedAt.position),
    );
  }

  /** Applies what the log says to who is connected, and remembers it for who will be. */
  apply(record: LogRecord<MembershipRecord>): void {
    const { body, position } = record;
    this.fences.add(record);
    if (body.change === 'closed') {
      for (const user of [...(this.index.membersOf(body.topic) ?? [])]) this.index.delete(user, body.topic);
      return;
    }
    for (const userId of body.userIds) {
      const user = this.users.get(userId);
      if (!user) continue;
      if (body.change === 'changed') {
        user.changedAt = position;
      } else if (body.change === 'left') {
        this.index.delete(user, body.topic);
      } else {
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

  private onAnswer(user: LiveUser, topics: Set<Topic> | undefined, askedAt: Position): void {
    user.isAsked = false;
    if (!topics || !this.isConnected(user)) return;
    if (this.isOutdated(user, askedAt)) return this.ask(user);
    this.settle(user, this.fences.correct(user.id, topics, askedAt, Date.now()), askedAt);
  }

  private settle(user: LiveUser, topics: Set<Topic>, askedAt: Position): void {
    this.index.replace(user, topics);
    user.failures = 0;
    if (user.changedAt && comparePositions(user.changedAt, askedAt) <= 0) user.changedAt = undefined;
    user.nextCheckAt = Date.now() + this.recheckMs * (0.5 + Math.random() / 2);
    this.onSettled(user, 'known');
  }

  private onFailure(user: LiveUser, error: unknown, askedAt: Position): void {
    user.isAsked = false;
    if (!this.isConnected(user)) return;
    if (this.isOutdated(user, askedAt)) return this.ask(user);
    user.failures += 1;
    const delay = Math.min(this.recheckMs, FIRST_RETRY_MS * 2 ** Math.min(user.failures - 1, 20));
    user.nextCheckAt = Date.now() + delay * (0.5 + Math.random() / 2);
    this.report('The memberships of a user could not be read', error);
    this.onSettled(user, 'failed');
  }

  private isOutdated(user: LiveUser, askedAt: Position): boolean {
    return user.changedAt !== undefined && comparePositions(user.changedAt, askedAt) > 0;
  }

  private isConnected(user: LiveUser): boolean {
    return this.users.get(user.id) === user;
  }
}
