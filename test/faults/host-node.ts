import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { INestApplication, Module, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LiveMessagesModule, LiveMessagesWsAdapter, MembershipSource } from 'nestjs-live-messages';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { SECRET } from '../support/tokens';
import { HostRole } from './roles';

/** A host's application on the shared log, in a process of its own; what it does besides, its subclass says. */
export abstract class HostNode implements HostRole {
  protected app!: INestApplication;

  protected constructor(private readonly memberships: Type<MembershipSource>) {}

  async listen(redisUrl: string, port: number): Promise<number> {
    const { memberships } = this;
    @Module({ providers: [memberships], exports: [memberships] })
    class ChannelsModule {}
    @Module({ imports: [ChannelsModule] })
    class HostModule {}
    const live = LiveMessagesModule.forRoot({
      jwt: { secret: SECRET, algorithms: ['HS256'] },
      memberships,
      heartbeat: { intervalMs: 4_000, timeoutMs: 8_000 },
      log: redisEventLog({ url: redisUrl, onError: () => undefined }),
    });
    this.app = await NestFactory.create({ module: HostModule, imports: [live] }, { logger: ['error'] });
    this.app.useWebSocketAdapter(new LiveMessagesWsAdapter(this.app));
    await this.app.listen(port, '127.0.0.1');
    return (this.app.getHttpServer() as { address(): AddressInfo }).address().port;
  }
}
