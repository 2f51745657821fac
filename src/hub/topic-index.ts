import { Topic } from '../protocol/topic';
import { LiveUser } from './live-user';

/** The members of a topic, and the one copy of its key that all of them share. */
interface Members {
  readonly topic: Topic;
  readonly users: Set<LiveUser>;
}

const NO_TOPICS: ReadonlySet<Topic> = new Set();

/** Which connected users are in which topic. Users' topics change here and nowhere else. */
export class TopicIndex {
  private readonly members = new Map<Topic, Members>();

  membersOf(topic: Topic): ReadonlySet<LiveUser> | undefined {
    return this.members.get(topic)?.users;
  }

  /** The user is in these topics and no others. */
  replace(user: LiveUser, topics: ReadonlySet<Topic>): void {
    for (const topic of user.topics) if (!topics.has(topic)) this.unlink(user, topic);
    const shared = new Set<Topic>();
    for (const topic of topics) shared.add(this.link(user, topic));
    user.topics = shared.size > 0 ? shared : NO_TOPICS;
  }

  add(user: LiveUser, topic: Topic): void {
    if (!user.topics.has(topic)) this.replace(user, new Set([...user.topics, topic]));
  }

  delete(user: LiveUser, topic: Topic): void {
    if (user.topics.has(topic))
      this.replace(user, new Set([...user.topics].filter((other) => other !== topic)));
  }

  /** @returns the shared copy of the key: a host makes one anew for every user */
  private link(user: LiveUser, topic: Topic): Topic {
    let members = this.members.get(topic);
    if (!members) this.members.set(topic, (members = { topic, users: new Set() }));
    members.users.add(user);
    return members.topic;
  }

  private unlink(user: LiveUser, topic: Topic): void {
    const users = this.members.get(topic)?.users;
    users?.delete(user);
    if (users?.size === 0) this.members.delete(topic);
  }
}
