import { PresenceNode, PresenceRules } from '../presence-store';
import { PresenceKeys } from './keys';
import { BURY, DEPART, SETTLE_NEWS, TAKE_NEWS, TAKE_OFF } from './presence-scripts';
import { AskRedis } from './redis-client';
import { RedisTimings } from './redis-timings';

/** How many users are seen to at once. */
const PAGE = 500;

/** How many pages of users go in one sweep: the next one is soon. */
const MAX_PAGES = 20;

/** How long what one node has taken up is its own, in milliseconds: then it counts as dead, and another takes it up. */
const TAKEN_MS = 15_000;

/**
 * What any node does for all: sees to the users of the dead, lets those go whose grace is over, and announces. Where it
 * could not reach Redis for a while, it waits for one lease before it says of anybody that he is gone: the others have
 * to come back first.
 */
export class PresenceSweeper {
  private readonly timer: NodeJS.Timeout;
  private steadySince = Number.POSITIVE_INFINITY;
  private renewedAt = Number.NEGATIVE_INFINITY;
  /** The life of the data in which the lease was renewed. */
  private life = '';
  private buriedAt = Number.NEGATIVE_INFINITY;
  /** The server's clock, less this process's. */
  private aheadMs = 0;
  private isSweeping = false;
  private isWanted = false;
  private closed = false;

  constructor(
    private readonly ask: AskRedis,
    private readonly keys: PresenceKeys,
    private readonly node: PresenceNode,
    private readonly rules: PresenceRules,
    private readonly timings: RedisTimings,
    private readonly onError: (error: Error) => void,
  ) {
    this.timer = setInterval(() => void this.sweep(), timings.sweepMs);
    this.timer.unref();
  }

  /** From now on a lease has to pass before anybody is said to be gone. */
  interrupt(): void {
    this.steadySince = performance.now();
  }

  /** The lease was renewed. @param serverNow the server's milliseconds since 1970 */
  onRenewed(life: string, serverNow: number): void {
    if (!this.isFresh) this.interrupt();
    this.renewedAt = performance.now();
    this.life = life;
    this.aheadMs = serverNow - Date.now();
  }

  /** There is something to announce. */
  look(): void {
    this.isWanted = true;
    void this.sweep();
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
  }

  private get serverNow(): number {
    return Date.now() + this.aheadMs;
  }

  /** A node that could not renew its lease for long can't know who else could. */
  private get isFresh(): boolean {
    return performance.now() - this.renewedAt <= this.timings.leaseMs / 2;
  }

  private get isSteady(): boolean {
    return this.isFresh && performance.now() - this.steadySince >= this.timings.leaseMs;
  }

  private async sweep(): Promise<void> {
    if (this.isSweeping || this.closed || this.steadySince === Number.POSITIVE_INFINITY) return;
    this.isSweeping = true;
    try {
      await this.buryTheDead();
      await this.letGo();
      do {
        this.isWanted = false;
        await this.announce();
      } while (this.isWanted && !this.closed);
    } catch (error) {
      if (!this.closed) this.onError(error as Error);
    } finally {
      this.isSweeping = false;
    }
  }

  private async buryTheDead(): Promise<void> {
    const now = performance.now();
    if (now - this.buriedAt < this.timings.beatMs) return;
    this.buriedAt = now;
    const { life, nodes, loads, dead } = this.keys;
    while (this.isSteady && !this.closed) {
      const args = [this.life, TAKEN_MS];
      const one = await this.ask((client) => BURY.run(client, [life, nodes, loads, dead], args));
      if (typeof one !== 'string') return;
      await this.takeUsersOff(one);
      await this.ask((client) => client.zrem(dead, one));
    }
  }

  /** The grace counts from the node's last sign of life. */
  private async takeUsersOff(dead: string): Promise<void> {
    const [nodeKey, leaseEnd] = dead.split(' ') as [string, string];
    const users = this.keys.usersOf(nodeKey);
    const lastSeen = Number(leaseEnd) - this.timings.leaseMs;
    let cursor = '0';
    do {
      const [next, found] = await this.ask((client) => client.hscan(users, cursor, 'COUNT', PAGE));
      cursor = next;
      const ids = found.filter((_, index) => index % 2 === 0);
      const due = Math.round(Math.max(this.serverNow, lastSeen + this.rules.graceMs));
      const keys = [this.keys.leaving, users, ...ids.map((id) => this.keys.user(id))];
      await this.ask((client) => TAKE_OFF.run(client, keys, [nodeKey, due, ...ids]));
    } while (cursor !== '0');
  }

  private async letGo(): Promise<void> {
    const { life, leaving, online, news, user } = this.keys;
    for (let page = 0; page < MAX_PAGES && this.isSteady && !this.closed; page += 1) {
      const first = await this.ask((client) => client.zrange(leaving, '0', String(PAGE - 1), 'WITHSCORES'));
      const ids = first.filter((_, at) => at % 2 === 0 && Number(first[at + 1]) <= this.serverNow);
      if (ids.length === 0) return;
      const keys = [life, leaving, online, news, ...ids.map((id) => user(id))];
      await this.ask((client) => DEPART.run(client, keys, [this.life, ...ids]));
      if (ids.length < PAGE) return;
    }
  }

  /** Together: an announcement may have to wait for its turn, and meanwhile nobody is let go here. */
  private async announce(): Promise<void> {
    const { news } = this.keys;
    for (;;) {
      const pages = await this.takeNews();
      const items = pages.flatMap(([, ...some]) => some);
      if (items.length === 0) return;
      const changes = items
        .filter((item) => item !== '*')
        .map((item) => ({ userId: item.slice(1), online: item.startsWith('+') }));
      await this.node.onNews({ changes, isIncomplete: changes.length < items.length });
      for (const page of pages) await this.ask((client) => SETTLE_NEWS.run(client, [news], page));
    }
  }

  /** In pages, each with the time at which it comes again before its news. */
  private async takeNews(): Promise<string[][]> {
    const pages: string[][] = [];
    while (pages.length < MAX_PAGES) {
      const taken = await this.ask((client) => TAKE_NEWS.run(client, [this.keys.news], [PAGE, TAKEN_MS]));
      pages.push(taken as string[]);
      if ((taken as string[]).length <= PAGE) break;
    }
    return pages;
  }
}
