import { PresenceNode, PresenceRules, PresenceSession, PresenceStore } from '../presence-store';
import { PresenceKeys } from './keys';
import { AskRedis } from './redis-client';
import { RedisPresenceSession } from './redis-presence-session';
import { RedisTimings } from './redis-timings';

/** How many users are asked about at once. */
const PAGE = 1_000;

/** Who is online on all nodes that have one prefix on one Redis. */
export class RedisPresenceStore extends PresenceStore {
  private known = 1;

  constructor(
    private readonly ask: AskRedis,
    private readonly keys: PresenceKeys,
    private readonly timings: RedisTimings,
    private readonly onError: (error: Error) => void,
  ) {
    super();
  }

  /** How many nodes there are, as this one has last heard; 1 before it has. */
  get nodes(): number {
    return this.known;
  }

  join(node: PresenceNode, rules: PresenceRules): PresenceSession {
    const onNodes = (nodes: number) => (this.known = nodes);
    return new RedisPresenceSession(this.ask, this.keys, node, rules, this.timings, onNodes, this.onError);
  }

  async areOnline(userIds: readonly string[]): Promise<boolean[]> {
    const answers: boolean[] = [];
    for (let at = 0; at < userIds.length; at += PAGE) {
      const page = userIds.slice(at, at + PAGE);
      const found = await this.ask((client) => client.smismember(this.keys.online, ...page));
      for (const one of found) answers.push(one === 1);
    }
    return answers;
  }

  count(): Promise<number> {
    return this.ask((client) => client.scard(this.keys.online));
  }
}
