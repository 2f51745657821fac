import { Module } from '@nestjs/common';
import { ChannelsModule } from '../channels/channels.module';
import { LiveModule } from '../live/live.module';
import { ChannelMessagesController } from './channel-messages.controller';
import { MessagesController } from './messages.controller';
import { MessagesRepository } from './messages.repository';
import { MessagesService } from './messages.service';

@Module({
  imports: [ChannelsModule, LiveModule],
  controllers: [ChannelMessagesController, MessagesController],
  providers: [MessagesService, MessagesRepository],
})
export class MessagesModule {}
