import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import {
  ConnectionRegistry,
  LiveEventsService,
  LiveMessagesModule,
  LiveMessagesWsAdapter,
  MembershipSource,
  Topic,
  topic,
} from 'nestjs-live-messages';
import { answer } from '../answer';
import { channelId, messageOf, userId } from '../message';
import { JWT_SECRET } from '../servers/bench-server';
import { portOf, startNest } from '../servers/nest-app';
import { StormServerRole } from './roles';
import { CLIENTS, missedTopics, topicsOf } from './topology';

const ofUser = new Map(
  Array.from({ length: CLIENTS }, (_, client) => [
    userId(client),
    topicsOf(client).map((index) => topic('CHANNEL', channelId(index))),
  ]),
);

@Injectable()
class ChannelMemberships implements MembershipSource {
  /** As a database would: never in the turn of the question. */
  async topicsOf(user: string): Promise<Topic[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return ofUser.get(user) ?? [];
  }
}

@Module({ providers: [ChannelMemberships], exports: [ChannelMemberships] })
class ChannelsModule {}

@Module({
  imports: [
    ChannelsModule,
    LiveMessagesModule.forRoot({
      jwt: { secret: JWT_SECRET, algorithms: ['HS256'] },
      memberships: ChannelMemberships,
      limits: { acceptsPerSecond: 1_000_000 },
    }),
  ],
})
class StormModule {}

/** The product, with clients that come back. */
class StormServer implements StormServerRole {
  private readonly delay = monitorEventLoopDelay({ resolution: 1 });
  private live!: LiveEventsService;
  private registry!: ConnectionRegistry;
  private cpuBefore = process.cpuUsage();
  private emitted = 0;

  async listen(): Promise<number> {
    const app = await startNest(StormModule, (nest) => new LiveMessagesWsAdapter(nest));
    this.live = app.get(LiveEventsService);
    this.registry = app.get(ConnectionRegistry);
    return portOf(app);
  }

  async emit(everyMs: number): Promise<void> {
    for (const index of missedTopics()) {
      this.emitted += 1;
      void this.live.message(messageOf(this.emitted, index));
      if (everyMs > 0) await sleep(everyMs);
    }
  }

  start(): void {
    this.delay.enable();
    this.delay.reset();
    this.cpuBefore = process.cpuUsage();
  }

  stop(): { cpu: number; stallMs: number } {
    const { user, system } = process.cpuUsage(this.cpuBefore);
    this.delay.disable();
    return { cpu: user + system, stallMs: this.delay.max / 1e6 };
  }

  async memory(): Promise<{ rss: number; heap: number }> {
    for (let round = 0; round < 4; round += 1) {
      globalThis.gc!();
      await sleep(100);
    }
    const { rss, heapUsed } = process.memoryUsage();
    return { rss, heap: heapUsed };
  }

  connections(): number {
    return this.registry.size;
  }
}

answer(new StormServer());
