import { Body, Controller, Delete, Param, Patch } from '@nestjs/common';
import { CurrentUser } from '../auth/current-user.decorator';
import { IdPipe } from '../validation/id.pipe';
import type { MessageRow } from './message-row';
import { MessagesService } from './messages.service';
import { WriteMessageDto } from './write-message.dto';

@Controller('messages/:id')
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Patch()
  edit(
    @Param('id', IdPipe) id: string,
    @CurrentUser() userId: string,
    @Body() { content }: WriteMessageDto,
  ): Promise<MessageRow> {
    return this.messages.edit(id, userId, content);
  }

  /** Answers the row, marked deleted. */
  @Delete()
  delete(@Param('id', IdPipe) id: string, @CurrentUser() userId: string): Promise<MessageRow> {
    return this.messages.delete(id, userId);
  }
}
