import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  Headers,
  Injectable,
  Module,
  Post,
  ServiceUnavailableException,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  LiveEventsService,
  LiveMessagesModule,
  LiveMessagesWsAdapter,
  LiveReadiness,
  type MembershipSource,
  type MessageRow,
  type Topic,
  topic,
} from 'nestjs-live-messages';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { SECRET } from '../support/tokens';

/** Over how long a node of the tests sends its connections away, in milliseconds. */
const SPREAD_MS = 1_500;

@Injectable()
class ChannelMemberships implements MembershipSource {
  /** Everyone is in one channel. */
  topicsOf(): Promise<Topic[]> {
    return Promise.resolve([topic('CHANNEL', 'general')]);
  }
}

@Controller()
class Api {
  constructor(
    private readonly live: LiveEventsService,
    private readonly readiness: LiveReadiness,
  ) {}

  @Get('health')
  health(): { status: string } {
    if (!this.readiness.isReady) throw new ServiceUnavailableException();
    return { status: 'ok' };
  }

  @Get('headers')
  headers(@Headers() headers: object): object {
    return headers;
  }

  @Post('messages')
  async post(@Body() row: MessageRow): Promise<void> {
    await this.live.message(row);
  }
}

@Module({ providers: [ChannelMemberships], exports: [ChannelMemberships] })
class ChannelsModule {}

@Module({
  imports: [
    ChannelsModule,
    LiveMessagesModule.forRoot({
      jwt: { secret: SECRET, algorithms: ['HS256'] },
      memberships: ChannelMemberships,
      drain: { spreadMs: SPREAD_MS, timeoutMs: 10_000 },
      log: redisEventLog({ url: process.env.REDIS_URL!, onError: () => undefined }),
    }),
  ],
  controllers: [Api],
})
class HostModule {}

/** A node: a small host on PORT of this machine, with the log on REDIS_URL. */
async function main(): Promise<void> {
  const app = await NestFactory.create(HostModule, { logger: ['error'] });
  app.useWebSocketAdapter(new LiveMessagesWsAdapter(app));
  app.enableShutdownHooks();
  await app.listen(Number(process.env.PORT), '127.0.0.1');
  // Whoever started it is gone.
  process.on('disconnect', () => process.exit(1));
}

void main();
