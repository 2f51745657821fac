import 'reflect-metadata';
import { openSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LiveMessagesModule, LiveMessagesWsAdapter, PresenceService } from 'nestjs-live-messages';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { answer } from '../../../bench/src/answer';
import { SECRET } from '../../support/tokens';
import { newsLine } from './news';
import { Answer, NodeRole } from './roles';
import { GRACE_MS } from './settings';
import { numberOf, userOf } from './users';

@Module({})
class HostModule {}

/** One of the nodes, in a process of its own. What it is told it writes down at once: it may be killed any time. */
class WatchedNode implements NodeRole {
  private presence!: PresenceService;
  private isToDie = false;

  async listen(redisUrl: string, port: number, name: string, newsFile: string): Promise<number> {
    const live = LiveMessagesModule.forRoot({
      jwt: { secret: SECRET, algorithms: ['HS256'] },
      presence: { graceMs: GRACE_MS },
      log: redisEventLog({ url: redisUrl, onError: () => undefined }),
    });
    const app = await NestFactory.create({ module: HostModule, imports: [live] }, { logger: ['error'] });
    app.useWebSocketAdapter(new LiveMessagesWsAdapter(app));
    this.presence = app.get(PresenceService);
    const file = openSync(newsFile, 'a');
    this.presence.onChange(({ userId, online }) => {
      writeSync(file, newsLine({ at: Date.now(), node: name, user: numberOf(userId), online }));
      if (this.isToDie) process.kill(process.pid, 'SIGKILL');
    });
    await app.listen(port, '127.0.0.1');
    return (app.getHttpServer() as { address(): AddressInfo }).address().port;
  }

  async look(below: number, only: number): Promise<Answer[]> {
    const from = Date.now();
    const all = Array.from({ length: below }, (_, user) => userOf(user));
    const [online, isOnline, count] = await Promise.all([
      this.presence.onlineAmong(all),
      this.presence.isOnline(userOf(only)),
      this.presence.count(),
    ]);
    const until = Date.now();
    return [
      { from, until, asked: { below }, online: [...online].map(numberOf), count },
      { from, until, asked: { only }, online: isOnline ? [only] : [] },
    ];
  }

  dieTelling(): Promise<void> {
    this.isToDie = true;
    return new Promise(() => undefined);
  }
}

answer(new WatchedNode());
