import {
  Attendance,
  PresenceChange,
  PresenceNode,
  PresenceRules,
  PresenceSession,
  PresenceStore,
} from './presence-store';

/** How soon news that could not be announced come again, in milliseconds. */
const RETRY_MS = 1_000;

/** Who is online, in this process: the limit of connections is then each node's own. */
export class MemoryPresenceStore extends PresenceStore {
  /** By user who is online, how many connections he has; none: he is in his grace. */
  private readonly online = new Map<string, number>();
  private readonly leaving = new Map<string, NodeJS.Timeout>();
  private readonly sessions = new Set<MemoryPresenceSession>();

  join(node: PresenceNode, { graceMs }: PresenceRules): PresenceSession {
    const session = new MemoryPresenceSession(this, node, graceMs);
    this.sessions.add(session);
    for (const attendance of node.attendances()) session.came(attendance);
    return session;
  }

  areOnline(userIds: readonly string[]): Promise<boolean[]> {
    return Promise.resolve(userIds.map((userId) => this.online.has(userId)));
  }

  count(): Promise<number> {
    return Promise.resolve(this.online.size);
  }

  /** @internal @returns whether he was not online before */
  add(userId: string): boolean {
    clearTimeout(this.leaving.get(userId));
    this.leaving.delete(userId);
    const before = this.online.get(userId);
    this.online.set(userId, (before ?? 0) + 1);
    return before === undefined;
  }

  /** @internal */
  remove(userId: string, graceMs: number): void {
    const left = (this.online.get(userId) ?? 1) - 1;
    this.online.set(userId, left);
    if (left > 0) return;
    const timer = setTimeout(() => {
      this.leaving.delete(userId);
      this.online.delete(userId);
      const [announcer] = this.sessions;
      announcer?.tell({ userId, online: false });
    }, graceMs);
    this.leaving.set(userId, timer.unref());
  }

  /** @internal */
  leave(session: MemoryPresenceSession): void {
    this.sessions.delete(session);
    if (this.sessions.size > 0) return;
    for (const timer of this.leaving.values()) clearTimeout(timer);
    this.leaving.clear();
    this.online.clear();
  }
}

class MemoryPresenceSession implements PresenceSession {
  private changes: PresenceChange[] = [];
  private soon: NodeJS.Immediate | undefined;
  private later: NodeJS.Timeout | undefined;
  private isAnnouncing = false;
  private hasLeft = false;

  constructor(
    private readonly store: MemoryPresenceStore,
    private readonly node: PresenceNode,
    private readonly graceMs: number,
  ) {}

  came({ userId }: Attendance): void {
    if (!this.hasLeft && this.store.add(userId)) this.tell({ userId, online: true });
  }

  gone({ userId }: Attendance): void {
    if (!this.hasLeft) this.store.remove(userId, this.graceMs);
  }

  leave(): Promise<void> {
    if (this.hasLeft) return Promise.resolve();
    this.hasLeft = true;
    clearImmediate(this.soon);
    clearTimeout(this.later);
    for (const { userId } of this.node.attendances()) this.store.remove(userId, this.graceMs);
    this.store.leave(this);
    return Promise.resolve();
  }

  /** @internal with whatever else happens in this turn */
  tell(change: PresenceChange): void {
    this.changes.push(change);
    if (!this.isAnnouncing && !this.later) this.soon ??= setImmediate(() => void this.announce());
  }

  /** One at a time: what was refused comes again before what changed later. */
  private async announce(): Promise<void> {
    this.soon = undefined;
    this.later = undefined;
    this.isAnnouncing = true;
    while (this.changes.length > 0 && !this.later) {
      const changes = this.changes;
      this.changes = [];
      try {
        await this.node.onNews({ changes, isIncomplete: false });
      } catch {
        if (this.hasLeft) break;
        this.changes = [...changes, ...this.changes];
        this.later = setTimeout(() => void this.announce(), RETRY_MS).unref();
      }
    }
    this.isAnnouncing = false;
  }
}
