import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LiveEventsService, LogUnavailableError, MembershipSource, Topic, topic } from 'nestjs-live-messages';
import { answer } from '../../bench/src/answer';
import { channelId, messageOf } from '../../bench/src/message';
import { HostNode } from './host-node';
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

/** One of the nodes that emit. */
class EmittingNode extends HostNode implements NodeRole {
  constructor() {
    super(ChannelMemberships);
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
      return (await this.app.get(LiveEventsService).message(message, { idempotencyKey: message.id })).cursor;
    } catch (error) {
      if (error instanceof LogUnavailableError) return error.outcome;
      throw error;
    }
  }
}

answer(new EmittingNode());
