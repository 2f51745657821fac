import {
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  UseInterceptors,
} from '@nestjs/common';
import { LiveCursorInterceptor } from 'nestjs-live-messages';
import { CurrentUser } from '../auth/current-user.decorator';
import { IdPipe } from '../validation/id.pipe';
import { ListMessagesDto } from './list-messages.dto';
import type { MessageRow } from './message-row';
import { MessagesService } from './messages.service';
import { WriteMessageDto } from './write-message.dto';

@Controller('channels/:channelId')
export class ChannelMessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Get('messages')
  @UseInterceptors(LiveCursorInterceptor)
  list(
    @Param('channelId', IdPipe) channelId: string,
    @CurrentUser() userId: string,
    @Query() { before }: ListMessagesDto,
  ): Promise<MessageRow[]> {
    return this.messages.list(channelId, userId, before);
  }

  @Post('messages')
  post(
    @Param('channelId', IdPipe) channelId: string,
    @CurrentUser() userId: string,
    @Body() { content }: WriteMessageDto,
  ): Promise<MessageRow> {
    return this.messages.post(channelId, userId, content);
  }

  @Post('typing')
  @HttpCode(HttpStatus.NO_CONTENT)
  typing(@Param('channelId', IdPipe) channelId: string, @CurrentUser() userId: string): Promise<void> {
    return this.messages.typing(channelId, userId);
  }
}
