import { Injectable, Module, Type } from '@nestjs/common';
import {
  EventLog,
  LiveEventsService,
  LiveMessagesModule,
  LiveMessagesWsAdapter,
  MembershipSource,
  Position,
  Topic,
  topic,
} from 'nestjs-live-messages';
import { Hub } from '../../../dist/hub/hub';
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

function moduleWith(log: EventLog | undefined): Type {
  @Module({
    imports: [
      ChannelsModule,
      LiveMessagesModule.forRoot({
        jwt: { secret: JWT_SECRET, algorithms: ['HS256'] },
        memberships: ChannelMemberships,
        // How fast it can be is the question here, not how fast it should be.
        limits: { acceptsPerSecond: 1_000_000 },
        log,
      }),
    ],
  })
  class OurModule {}
  return OurModule;
}

/** This package, embedded as its README says. */
export class OurServer implements BenchServer {
  private live!: LiveEventsService;
  private hub!: Hub;

  /** @param log one that several share, or the default */
  constructor(private readonly log?: EventLog) {}

  /** The last position of the log that this node has seen. */
  get head(): Position {
    return this.hub.head;
  }

  async listen(scale: Scale): Promise<number> {
    memberships = new Memberships(scale);
    const app = await startNest(moduleWith(this.log), (nest) => new LiveMessagesWsAdapter(nest));
    this.live = app.get(LiveEventsService);
    this.hub = app.get(Hub);
    return portOf(app);
  }

  /** A rejection ends the process, and with it the benchmark. */
  emit(message: Message): void {
    void this.live.message(message);
  }
}
