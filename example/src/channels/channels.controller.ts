import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Put } from '@nestjs/common';
import { CurrentUser } from '../auth/current-user.decorator';
import { IdPipe } from '../validation/id.pipe';
import type { Channel, ListedChannel } from './channel';
import { ChannelsService } from './channels.service';
import { MakeChannelDto } from './make-channel.dto';
import { MarkReadDto } from './mark-read.dto';

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

  @Put(':id/read')
  @HttpCode(HttpStatus.NO_CONTENT)
  markRead(
    @Param('id', IdPipe) id: string,
    @CurrentUser() userId: string,
    @Body() { message_id: messageId }: MarkReadDto,
  ): Promise<void> {
    return this.channels.markRead(id, userId, messageId);
  }
}
