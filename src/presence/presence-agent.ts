import { setTimeout as sleep } from 'node:timers/promises';
import { toEveryone } from '../log/audience';
import { LogWriter } from '../log/log-writer';
import {
  Attendance,
  Excess,
  NodeLoad,
  PresenceChange,
  PresenceNews,
  PresenceNode,
  PresenceRules,
  PresenceSession,
  PresenceStore,
} from '../log/presence-store';
import { RefreshRecord } from '../log/records';
import { Connection } from '../hub/connection';
import { ConnectionRegistry } from '../hub/connection-registry';
import type { Report } from '../hub/report';
import { ThisNode } from '../hub/this-node';

/** Called with a user who came online, or is gone. What it throws is logged, and goes no further. */
export type PresenceListener = (change: PresenceChange) => unknown;

/** Presence, as the host wants it. */
export interface PresenceOptions extends PresenceRules {
  /** Whether everyone gets `UPDATE_USERS` when somebody came or is gone. */
  readonly updateUsers: boolean;
}

const UPDATE_USERS: RefreshRecord = {
  kind: 'refresh',
  what: 'UPDATE_USERS',
  audience: toEveryone(),
  durable: true,
};

/** How often this node has everyone fetch who is online, in milliseconds: what changes meanwhile is in the next one. */
const UPDATE_EVERY_MS = 1_000;

/** This node's part in who is online: says who comes and goes here, and announces what it is told to. */
export class PresenceAgent implements PresenceNode {
  private readonly listeners = new Set<PresenceListener>();
  private session: PresenceSession | undefined;
  private subscriptions: (() => void)[] = [];
  private nextUpdate: Promise<void> | undefined;
  private updatedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: PresenceStore,
    private readonly registry: ConnectionRegistry,
    private readonly writer: LogWriter,
    private readonly thisNode: ThisNode,
    private readonly options: PresenceOptions,
    private readonly report: Report,
  ) {}

  get id(): string {
    return this.thisNode.id;
  }

  get size(): number {
    return this.registry.size;
  }

  /** Takes part from now on. */
  start(): void {
    const session = this.store.join(this, this.options);
    this.session = session;
    this.subscriptions = [
      this.registry.watch('connect', (connection) => session.came(attendanceOf(connection))),
      this.registry.watch('disconnect', (connection) => session.gone(attendanceOf(connection))),
    ];
  }

  /** Takes part no more. May be called twice, and without a start. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.subscriptions.splice(0)) unsubscribe();
    await this.session?.leave();
  }

  /** @returns a function that ends it */
  listen(listener: PresenceListener): () => void {
    // A wrapper, so that one function may listen twice and each subscription ends alone.
    const own: PresenceListener = (change) => listener(change);
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  *attendances(): Iterable<Attendance> {
    for (const connection of this.registry.all()) yield attendanceOf(connection);
  }

  async onNews({ changes }: PresenceNews): Promise<void> {
    // First what may be refused: then all of it comes again, and nobody has heard of it twice.
    if (this.options.updateUsers) await (this.nextUpdate ??= this.updateUsers());
    for (const change of changes) for (const listener of this.listeners) void this.tell(listener, change);
  }

  onExcess(excess: readonly Excess[]): void {
    for (const one of excess) {
      // One that gets lost is said again when that user comes again.
      this.writer.append({ kind: 'excess', ...one, durable: false }).catch(() => undefined);
    }
  }

  onLoad(load: NodeLoad): void {
    this.thisNode.onLoad(load);
  }

  private async updateUsers(): Promise<void> {
    const waitMs = this.updatedAt + UPDATE_EVERY_MS - performance.now();
    await sleep(Math.max(0, waitMs), undefined, { ref: false });
    // What changes from here on is for the one after.
    this.nextUpdate = undefined;
    this.updatedAt = performance.now();
    await this.writer.append(UPDATE_USERS);
  }

  private async tell(listener: PresenceListener, change: PresenceChange): Promise<void> {
    try {
      await listener(change);
    } catch (error) {
      this.report('A listener of PresenceService failed', error);
    }
  }
}

function attendanceOf({ userId, serial, connectedAt, replacedFrom }: Connection): Attendance {
  return { userId, serial, connectedAt: connectedAt.getTime(), replacedFrom };
}
