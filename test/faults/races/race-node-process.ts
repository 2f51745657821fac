import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LiveEventsService, LiveMemberships, MembershipSource, Topic, topic } from 'nestjs-live-messages';
import { answer } from '../../../bench/src/answer';
import { channelId, messageOf } from '../../../bench/src/message';
import { HostNode } from '../host-node';
import { HostDatabase } from './host-database';
import { RaceNodeRole, channelOf } from './race-node';

const database = new HostDatabase(process.env.RACES_DATABASE!);

@Injectable()
class ReplicaMemberships implements MembershipSource {
  async topicsOf(userId: string): Promise<Topic[]> {
    return (await database.isIn(userId)) ? [topic('CHANNEL', channelId(channelOf(Number(userId))))] : [];
  }
}

/** One of the nodes on which users leave, and others write. */
class RaceNode extends HostNode implements RaceNodeRole {
  constructor() {
    super(ReplicaMemberships);
  }

  async emit(event: number, channel: number, afterMs: number): Promise<string> {
    if (afterMs > 0) await sleep(afterMs);
    return (await this.app.get(LiveEventsService).message(messageOf(event, channel))).cursor;
  }

  async left(user: string, channel: number, afterMs: number): Promise<string> {
    if (afterMs > 0) await sleep(afterMs);
    return (await this.app.get(LiveMemberships).left(user, topic('CHANNEL', channelId(channel)))).cursor;
  }

  async joined(user: string, channel: number): Promise<string> {
    return (await this.app.get(LiveMemberships).joined(user, topic('CHANNEL', channelId(channel)))).cursor;
  }
}

answer(new RaceNode());
