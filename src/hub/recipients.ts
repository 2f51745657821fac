import { Audience } from '../log/audience';
import { Position } from '../log/position';
import { Fences } from '../memberships/fences';
import { userOfTopic } from '../protocol/topic';
import { Connection } from './connection';
import { LiveUser } from './live-user';
import { LiveUsers } from './live-users';
import { TopicIndex } from './topic-index';

/** Decides who gets an event: now, or out of the past. */
export class Recipients {
  constructor(
    private readonly users: LiveUsers,
    private readonly index: TopicIndex,
    private readonly fences: Fences,
  ) {}

  /** Calls back with every live connection of the audience, each once. */
  forEachLive(audience: Audience, callback: (connection: Connection, user: LiveUser) => void): void {
    for (const user of this.usersOf(audience)) {
      if (audience.excepted.has(user.id)) continue;
      for (const connection of user.connections) {
        if (connection.isLive) callback(connection, user);
      }
    }
  }

  /** Whether an event of the past is for this user, by the topics he is in today and what he has left since. */
  includesPast(audience: Audience, user: LiveUser, position: Position): boolean {
    if (audience.excepted.has(user.id)) return false;
    const { target } = audience;
    switch (target.kind) {
      case 'everyone':
        return true;
      case 'users':
        return target.userIds.includes(user.id);
      case 'topic':
        if (userOfTopic(target.topic) === user.id) return true;
        return user.topics.has(target.topic) && !this.fences.bars(user.id, target.topic, position);
    }
  }

  private usersOf({ target }: Audience): Iterable<LiveUser> {
    switch (target.kind) {
      case 'everyone':
        return this.users;
      case 'users':
        return target.userIds.map((id) => this.users.get(id)).filter((user) => user !== undefined);
      case 'topic': {
        const members = this.index.membersOf(target.topic) ?? [];
        const owner = this.users.get(userOfTopic(target.topic) ?? '');
        return owner ? new Set([...members, owner]) : members;
      }
    }
  }
}
