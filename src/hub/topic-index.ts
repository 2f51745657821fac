import { Topic } from '../protocol/topic';
import { LiveUser } from './live-user';

/** Which connected users are in which topic. Users' topics change here and nowhere else. */
export class TopicIndex {
  private readonly members = new Map<Topic, Set<LiveUser>>();

  membersOf(topic: Topic): ReadonlySet<LiveUser> | undefined {
    return this.members.get(topic);
  }

  /** The user is in these topics and no others. */
  replace(user: LiveUser, topics: ReadonlySet<Topic>): void {
    for (const topic of user.topics) if (!topics.has(topic)) this.unlink(user, topic);
    for (const topic of topics) if (!user.topics.has(topic)) this.link(user, topic);
    user.topics = topics;
  }

  add(user: LiveUser, topic: Topic): void {
    if (!user.topics.has(topic)) this.replace(user, new Set([...user.topics, topic]));
  }

  delete(user: LiveUser, topic: Topic): void {
    if (user.topics.has(topic))
      this.replace(user, new Set([...user.topics].filter((other) => other !== topic)));
  }

  private link(user: LiveUser, topic: Topic): void {
    const members = this.members.get(topic);
    if (members) members.add(user);
    else this.members.set(topic, new Set([user]));
  }

  private unlink(user: LiveUser, topic: Topic): void {
    const members = this.members.get(topic);
    members?.delete(user);
    if (members?.size === 0) this.members.delete(topic);
  }
}
