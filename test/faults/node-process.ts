import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  LiveEventsService,
  LiveMessagesModule,
  LiveMessagesWsAdapter,
  LogUnavailableError,
  MembershipSource,
  Topic,
  topic,
} from 'nestjs-live-messages';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { answer } from '../../bench/src/answer';
import { channelId, messageOf } from '../../bench/src/message';
import { SECRET } from '../support/tokens';
import { NodeRole, Outcome } from './roles';
import { readSettings } from './settings';
import { Topology, topicOfEvent } from './topology';

const { events, clients } = readSettings();
const topology = new Topology(clients);

/** How long after a failure the host tries once more with the same key, in milliseconds. */
const RETRY_MS = 200;

@Injectable()
class ChannelMemberships implements MembershipSource {
  /** As a database would: never in the turn of the question. */
  async topicsOf(userId: string): Promise<Topic[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return topology.topicsOf(Number(userId)).map((index) => topic('CHANNEL', channelId(index)));
  }
}

@Module({ providers: [ChannelMemberships], exports: [ChannelMemberships] })
class ChannelsModule {}

@Module({ imports: [ChannelsModule] })
class HostModule {}

/** One of the nodes, in a process of its own. */
class FaultyNode implements NodeRole {
  private live!: LiveEventsService;

  async listen(redisUrl: string, port: number): Promise<number> {
    const live = LiveMessagesModule.forRoot({
      jwt: { secret: SECRET, algorithms: ['HS256'] },
      memberships: ChannelMemberships,
      heartbeat: { intervalMs: 4_000, timeoutMs: 8_000 },
      log: redisEventLog({ url: redisUrl, onError: () => undefined }),
    });
    const app = await NestFactory.create({ module: HostModule, imports: [live] }, { logger: ['error'] });
    app.useWebSocketAdapter(new LiveMessagesWsAdapter(app));
    await app.listen(port, '127.0.0.1');
    this.live = app.get(LiveEventsService);
    return (app.getHttpServer() as { address(): AddressInfo }).address().port;
  }

  emit(numbers: readonly number[]): Promise<Outcome[]> {
    return Promise.all(numbers.map((number) => this.emitOne(number)));
  }

  /** Every other one has a key, and is tried once more with it. */
  private async emitOne(number: number): Promise<Outcome> {
    const message = messageOf(number, topicOfEvent(number, events, topology.topics));
    const first = await this.attempt(message);
    if (number % 2 === 0 || (first !== 'refused' && first !== 'unknown')) return first;
    await sleep(RETRY_MS);
    const second = await this.attempt(message);
    // The first may have come through after all.
    return second === 'refused' ? first : second;
  }

  private async attempt(message: ReturnType<typeof messageOf>): Promise<Outcome> {
    try {
      return (await this.live.message(message, { idempotencyKey: message.id })).cursor;
    } catch (error) {
      if (error instanceof LogUnavailableError) return error.outcome;
      throw error;
    }
  }
}

answer(new FaultyNode());
