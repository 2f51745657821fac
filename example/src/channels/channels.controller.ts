import { Body, Controller, Get, Post } from '@nestjs/common';
import { CurrentUser } from '../auth/current-user.decorator';
import type { Channel, ListedChannel } from './channel';
import { ChannelsService } from './channels.service';
import { MakeChannelDto } from './make-channel.dto';

@Controller('channels')
export class ChannelsController {
  constructor(private readonly channels: ChannelsService) {}

  @Get()
  list(@CurrentUser() userId: string): Promise<ListedChannel[]> {
    return this.channels.list(userId);
  }

  @Post()
  make(@CurrentUser() userId: string, @Body() { name }: MakeChannelDto): Promise<Channel> {
    return this.channels.make(name, userId);
  }
}
