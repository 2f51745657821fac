import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ConnectionRegistry, type LiveConnection } from 'nestjs-live-messages';
import { LiveFeed } from '../live/live-feed';

/** Who is online, as this node's connections show it; every page is told when that changes. */
@Injectable()
export class PresenceService implements OnModuleInit, OnModuleDestroy {
  /** How long a user without a connection still counts as online: nobody flickers who loads the page anew. */
  graceMs = 5_000;
  private readonly online = new Set<string>();
  private readonly leaving = new Map<string, NodeJS.Timeout>();
  private subscriptions: (() => void)[] = [];

  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly feed: LiveFeed,
  ) {}

  onModuleInit(): void {
    for (const userId of this.connections.users()) this.online.add(userId);
    this.subscriptions = [
      this.connections.onConnect((connection) => this.onConnect(connection)),
      this.connections.onDisconnect((connection) => this.onDisconnect(connection)),
    ];
  }

  /** Before the connections are drained: that everyone goes then is no news. */
  onModuleDestroy(): void {
    for (const unsubscribe of this.subscriptions.splice(0)) unsubscribe();
    for (const timer of this.leaving.values()) clearTimeout(timer);
    this.leaving.clear();
  }

  isOnline(userId: string): boolean {
    return this.online.has(userId);
  }

  private onConnect({ userId }: LiveConnection): void {
    clearTimeout(this.leaving.get(userId));
    this.leaving.delete(userId);
    if (this.online.has(userId)) return;
    this.online.add(userId);
    void this.feed.presenceChanged(userId);
  }

  private onDisconnect({ userId }: LiveConnection): void {
    if (this.connections.connectionsOf(userId).length > 0) return;
    const timer = setTimeout(() => {
      this.leaving.delete(userId);
      this.online.delete(userId);
      void this.feed.presenceChanged(userId);
    }, this.graceMs);
    this.leaving.set(userId, timer);
  }
}
