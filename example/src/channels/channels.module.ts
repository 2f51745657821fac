import { Module } from '@nestjs/common';
import { LiveModule } from '../live/live.module';
import { UsersModule } from '../users/users.module';
import { ChannelMemberships } from './channel-memberships';
import { ChannelsController } from './channels.controller';
import { ChannelsService } from './channels.service';
import { MembersController } from './members.controller';
import { MembersService } from './members.service';

@Module({
  imports: [LiveModule, UsersModule],
  controllers: [ChannelsController, MembersController],
  providers: [ChannelsService, MembersService, ChannelMemberships],
  exports: [MembersService],
})
export class ChannelsModule {}
