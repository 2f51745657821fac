import { setTimeout as sleep } from 'node:timers/promises';
import { Attendance, Excess, NodeLoad, PresenceNews, PresenceNode } from 'nestjs-live-messages';

let serial = 0;

/** A connection of a user, which began so many milliseconds ago. */
export function attendance(userId: string, more: Partial<Attendance> = {}): Attendance {
  serial += 1;
  return { userId, serial, connectedAt: Date.now(), replacedFrom: Number.POSITIVE_INFINITY, ...more };
}

/** A node with the connections that a test gives it, which remembers what it was told. */
export class RecordingNode implements PresenceNode {
  readonly present = new Set<Attendance>();
  /** `+ann`, `-ann`; `*` for news that are not all there are. */
  readonly news: string[] = [];
  readonly excess: Excess[] = [];
  readonly loads: NodeLoad[] = [];
  /** How many times it can't announce what it is told. */
  failures = 0;
  /** How long an announcement takes, and how many there were. */
  announceMs = 0;
  announcements = 0;

  constructor(readonly id: string) {}

  get size(): number {
    return this.present.size;
  }

  /** What it was told last of how much it has. */
  get load(): NodeLoad | undefined {
    return this.loads.at(-1);
  }

  attendances(): Iterable<Attendance> {
    return this.present;
  }

  async onNews({ changes, isIncomplete }: PresenceNews): Promise<void> {
    this.announcements += 1;
    if (this.announceMs > 0) await sleep(this.announceMs);
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the log takes nothing now');
    }
    for (const { userId, online } of changes) this.news.push(`${online ? '+' : '-'}${userId}`);
    if (isIncomplete) this.news.push('*');
  }

  onExcess(excess: readonly Excess[]): void {
    this.excess.push(...excess);
  }

  onLoad(load: NodeLoad): void {
    this.loads.push(load);
  }
}
