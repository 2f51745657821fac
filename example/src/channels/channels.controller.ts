import {
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Put,
  UseInterceptors,
} from '@nestjs/common';
import { LiveCursorInterceptor } from 'nestjs-live-messages';
import { CurrentUser } from '../auth/current-user.decorator';
import { IdPipe } from '../validation/id.pipe';
import type { Channel, ListedChannel } from './channel';
import { ChannelsService } from './channels.service';
import { MakeChannelDto } from './make-channel.dto';
import { MarkReadDto } from './mark-read.dto';

@Controller('channels')
export class ChannelsController {
  constructor(private readonly channels: ChannelsService) {}

  /** The first thing that a page asks for: from this answer's cursor on it goes live. */
  @Get()
  @UseInterceptors(LiveCursorInterceptor)
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
