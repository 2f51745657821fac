import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const MEMBERS = 'host:members';

/** Who is in his channel, as the read replica of the host's database has it: later than the database, for some users. */
export class HostDatabase {
  private readonly redis: Redis;
  private readonly replicating = new Set<Promise<void>>();

  constructor(url: string) {
    this.redis = new Redis(url, { protocol: 2, disableClientInfo: true });
  }

  /** Resolves when it is committed; the replica has it after its lag, in the order of the commits. */
  async commit(user: string, isIn: boolean, lagMs: number): Promise<void> {
    if (lagMs === 0) return this.write(user, isIn);
    const replicated = sleep(lagMs).then(() => this.write(user, isIn));
    this.replicating.add(replicated);
    void replicated.finally(() => this.replicating.delete(replicated));
  }

  /** What the replica says. */
  async isIn(user: string): Promise<boolean> {
    return (await this.redis.hget(MEMBERS, user)) !== '0';
  }

  /** Waits for what is on its way to the replica. */
  async close(): Promise<void> {
    await Promise.all(this.replicating);
    this.redis.disconnect();
  }

  private async write(user: string, isIn: boolean): Promise<void> {
    await this.redis.hset(MEMBERS, user, isIn ? '1' : '0');
  }
}
