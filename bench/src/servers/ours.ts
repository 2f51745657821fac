import { Injectable, Module } from '@nestjs/common';
import {
  LiveEventsService,
  LiveMessagesModule,
  LiveMessagesWsAdapter,
  MembershipSource,
  Topic,
  topic,
} from 'nestjs-live-messages';
import { Message } from '../message';
import { Scale } from '../scenarios';
import { BenchServer, JWT_SECRET } from './bench-server';
import { Memberships } from './memberships';
import { portOf, startNest } from './nest-app';

let memberships: Memberships;

@Injectable()
class ChannelMemberships implements MembershipSource {
  topicsOf(userId: string): Topic[] {
    return memberships.channelIdsOf(userId).map((id) => topic('CHANNEL', id));
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
      // How fast it can be is the question here, not how fast it should be.
      limits: { acceptsPerSecond: 1_000_000 },
    }),
  ],
})
class OurModule {}

/** This package, embedded as its README says. */
export class OurServer implements BenchServer {
  private live!: LiveEventsService;

  async listen(scale: Scale): Promise<number> {
    memberships = new Memberships(scale);
    const app = await startNest(OurModule, (nest) => new LiveMessagesWsAdapter(nest));
    this.live = app.get(LiveEventsService);
    return portOf(app);
  }

  /** A rejection ends the process, and with it the benchmark. */
  emit(message: Message): void {
    void this.live.message(message);
  }
}
