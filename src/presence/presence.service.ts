import { Injectable } from '@nestjs/common';
import { PresenceStore } from '../log/presence-store';
import { PresenceAgent, PresenceListener } from './presence-agent';

/** Who is online: whoever has a connection on any node, or had one until a moment ago (`presence.graceMs`). */
@Injectable()
export class PresenceService {
  constructor(
    private readonly store: PresenceStore,
    private readonly agent: PresenceAgent,
  ) {}

  /** @throws LogUnavailableError when what the nodes have in common can't be read now */
  async isOnline(userId: string): Promise<boolean> {
    const [isOnline] = await this.store.areOnline([userId]);
    return isOnline ?? false;
  }

  /**
   * Those of these users who are online.
   *
   * @throws LogUnavailableError as {@link isOnline}
   */
  async onlineAmong(userIds: readonly string[] | ReadonlySet<string>): Promise<Set<string>> {
    const asked = [...new Set(userIds)];
    if (asked.length === 0) return new Set();
    const answers = await this.store.areOnline(asked);
    return new Set(asked.filter((_, index) => answers[index]));
  }

  /**
   * How many users are online.
   *
   * @throws LogUnavailableError as {@link isOnline}
   */
  count(): Promise<number> {
    return this.store.count();
  }

  /**
   * Calls back with each user who came online or is gone: each change on one of the nodes that have the endpoint,
   * whichever noticed it, so every one of them has to listen. Only where a node dies, or loses Redis, while it
   * tells does another tell it again, or, where it is not so any more by then, only what has become of it; what changes
   * while Redis loses its data nobody is told.
   *
   * @returns a function that ends it
   */
  onChange(listener: PresenceListener): () => void {
    return this.agent.listen(listener);
  }
}
