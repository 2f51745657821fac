import { Attendance, Excess, PresenceNode, PresenceRules, PresenceSession } from '../presence-store';
import { PresenceKeys } from './keys';
import { PresenceSweeper } from './presence-sweeper';
import { FAREWELL, SYNC } from './presence-scripts';
import { AskRedis } from './redis-client';
import { RedisTimings } from './redis-timings';
import { within } from './within';

/** How many entries go at once. */
const PAGE = 500;

/** For how long those who come and go are gathered, in milliseconds. */
const GATHER_MS = 20;

/** How soon a node asks again that could not, in parts of its beat: well within a lease. */
const RETRY_BEATS = 0.2;

/** How long a node that stops waits for its farewell, in milliseconds. */
const FAREWELL_MS = 1_000;

/** Later than any time: infinity is no number to a script. */
const NEVER = 9e15;

interface Entry {
  readonly what: 'came' | 'back' | 'gone';
  readonly attendance: Attendance;
  /** It was sent, and may have been taken in. */
  readonly isInDoubt?: boolean;
}

/**
 * A node's part: it renews its lease, says who came and who is gone, and joins anew, with all whom it has, wherever it
 * is not known any more. Each entry may be sent more than once.
 */
export class RedisPresenceSession implements PresenceSession {
  /** By serial; of a connection that was never sent as one that came, nothing is said when it goes. */
  private waiting = new Map<number, Entry>();
  private joins = 0;
  /** Which life of the data it has joined in; empty: none. */
  private life = '';
  /** The last one that it had joined in. */
  private before = '';
  /** How often it has asked: what comes late, over a connection that was given up, must not undo what came after it. */
  private asked = 0;
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;
  /** A sync is soon, or follows at once on the one that is under way: more entries do not put it off. */
  private isGathering = false;
  /** Until then the others may not all have joined again, and what was known of the loads before stands. */
  private loadsKnownAt = Number.NEGATIVE_INFINITY;
  private hasLeft = false;
  private readonly sweeper: PresenceSweeper;

  constructor(
    private readonly ask: AskRedis,
    private readonly keys: PresenceKeys,
    private readonly node: PresenceNode,
    private readonly rules: PresenceRules,
    private readonly timings: RedisTimings,
    private readonly onNodes: (nodes: number) => void,
    private readonly onError: (error: Error) => void,
  ) {
    this.sweeper = new PresenceSweeper(ask, keys, node, rules, timings, onError);
    this.syncWithin(0);
  }

  came(attendance: Attendance): void {
    this.note({ what: 'came', attendance });
  }

  gone(attendance: Attendance): void {
    const unsaid = this.waiting.get(attendance.serial);
    if (unsaid && unsaid.what !== 'gone' && !unsaid.isInDoubt) this.waiting.delete(attendance.serial);
    else this.note({ what: 'gone', attendance });
  }

  async leave(): Promise<void> {
    if (this.hasLeft) return;
    this.hasLeft = true;
    clearTimeout(this.timer);
    this.sweeper.close();
    // Who can't be told learns it from the lease.
    await within(FAREWELL_MS, this.sayFarewell()).catch(() => undefined);
  }

  /** How the others call this node since it last joined. */
  private get key(): string {
    return `${this.node.id}-${this.joins}`;
  }

  private note(entry: Entry): void {
    // Without a life all are said when it has joined.
    if (this.life === '' || this.hasLeft) return;
    this.waiting.set(entry.attendance.serial, entry);
    if (this.isGathering) return;
    this.isGathering = true;
    this.syncWithin(GATHER_MS);
  }

  private syncWithin(ms: number): void {
    if (this.hasLeft || this.underWay) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.sync(), ms);
    this.timer.unref();
  }

  private async sync(): Promise<void> {
    this.isGathering = false;
    this.underWay = this.exchange();
    let isDone = false;
    try {
      await this.underWay;
      isDone = true;
    } catch (error) {
      if (!this.hasLeft) this.onError(error as Error);
    }
    this.underWay = undefined;
    this.isGathering = this.life === '' || this.waiting.size > 0;
    const { beatMs } = this.timings;
    this.syncWithin(!isDone ? beatMs * RETRY_BEATS : this.isGathering ? GATHER_MS : beatMs);
  }

  /** Says what there is to say, until less than a page is left: that is gathered again. */
  private async exchange(): Promise<void> {
    do {
      if (this.life === '') await this.join();
      const entries = this.nextPage();
      try {
        await this.send(entries);
      } catch (error) {
        this.putBack(entries);
        throw error;
      }
    } while (this.waiting.size >= PAGE && !this.hasLeft);
  }

  private nextPage(): Entry[] {
    const entries: Entry[] = [];
    for (const [serial, entry] of this.waiting) {
      if (entries.length === PAGE) break;
      this.waiting.delete(serial);
      entries.push(entry);
    }
    return entries;
  }

  /** In their order, before all else; what was said of them since then counts. */
  private putBack(entries: readonly Entry[]): void {
    const inDoubt = entries.map((entry) => ({ ...entry, isInDoubt: true }));
    this.waiting = new Map([
      ...inDoubt.map((entry) => [entry.attendance.serial, entry] as const),
      ...this.waiting,
    ]);
  }

  private async join(): Promise<void> {
    this.joins += 1;
    const [life] = await this.run([], '');
    const what = this.before !== '' && this.before !== life ? 'back' : 'came';
    if (what === 'back') this.loadsKnownAt = performance.now() + this.timings.leaseMs;
    this.sweeper.interrupt();
    this.life = life!;
    this.before = life!;
    this.waiting.clear();
    for (const attendance of this.node.attendances()) {
      this.waiting.set(attendance.serial, { what, attendance });
    }
  }

  private async send(entries: readonly Entry[]): Promise<void> {
    const [, now, all, nodes, news, ...excess] = await this.run(entries, this.life);
    if (now === undefined) {
      // Taken for dead, or in a life that has ended: all are said again, under another key.
      this.life = '';
      this.waiting.clear();
      return;
    }
    this.sweeper.onRenewed(this.life, Number(now));
    const load = { own: this.node.size, all: Number(all), nodes: Number(nodes) };
    this.onNodes(load.nodes);
    if (performance.now() >= this.loadsKnownAt) this.node.onLoad(load);
    if (excess.length > 0) this.node.onExcess(excessOf(entries, excess));
    if (Number(news) > 0) this.sweeper.look();
  }

  private async run(entries: readonly Entry[], known: string): Promise<string[]> {
    const { life, nodes, loads, online, leaving, news, usersOf, user } = this.keys;
    const keys = [life, nodes, loads, online, leaving, news, usersOf(this.key)];
    const { leaseMs } = this.timings;
    const { graceMs, connectionsPerUser } = this.rules;
    this.asked += 1;
    const { size } = this.node;
    const args = [this.key, known, this.before, leaseMs, graceMs, connectionsPerUser, size, this.asked];
    for (const { what, attendance } of entries) {
      const { userId, serial, connectedAt, replacedFrom } = attendance;
      keys.push(user(userId));
      args.push(what, userId, `${this.key} ${serial} ${Math.min(replacedFrom, NEVER)}`, connectedAt);
    }
    return (await this.ask((client) => SYNC.run(client, keys, args))) as string[];
  }

  private async sayFarewell(): Promise<void> {
    await this.underWay?.catch(() => undefined);
    if (this.life === '') return;
    if (this.waiting.size > 0) await this.exchange();
    const { nodes, loads, dead, usersOf } = this.keys;
    const keys = [nodes, loads, dead, usersOf(this.key)];
    await this.ask((client) => FAREWELL.run(client, keys, [this.key, this.timings.leaseMs]));
  }
}

function excessOf(entries: readonly Entry[], flat: readonly (string | number)[]): Excess[] {
  const byTarget = new Map<string, { userId: string; node: string; serials: number[] }>();
  for (let at = 0; at < flat.length; at += 2) {
    const { userId } = entries[Number(flat[at]) - 1]!.attendance;
    const [key, serial] = String(flat[at + 1]).split(' ');
    const node = key!.slice(0, key!.lastIndexOf('-'));
    const target = `${node} ${userId}`;
    if (!byTarget.has(target)) byTarget.set(target, { userId, node, serials: [] });
    byTarget.get(target)!.serials.push(Number(serial));
  }
  return [...byTarget.values()];
}
