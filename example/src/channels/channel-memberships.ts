import { Injectable } from '@nestjs/common';
import { type MembershipSource, topic } from 'nestjs-live-messages';
import { MembersService } from './members.service';

/** Tells the live endpoint which channels a user hears. */
@Injectable()
export class ChannelMemberships implements MembershipSource {
  constructor(private readonly members: MembersService) {}

  async topicsOf(userId: string) {
    return (await this.members.channelsOf(userId)).map((channelId) => topic('CHANNEL', channelId));
  }
}
