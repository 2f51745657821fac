import { Controller, Delete, HttpCode, HttpStatus, Param, Put } from '@nestjs/common';
import { CurrentUser } from '../auth/current-user.decorator';
import { IdPipe } from '../validation/id.pipe';
import { MembersService } from './members.service';

@Controller('channels/:channelId/members/:userId')
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Put()
  @HttpCode(HttpStatus.NO_CONTENT)
  add(
    @Param('channelId', IdPipe) channelId: string,
    @Param('userId', IdPipe) userId: string,
    @CurrentUser() actorId: string,
  ): Promise<void> {
    return this.members.add(channelId, userId, actorId);
  }

  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  remove(
    @Param('channelId', IdPipe) channelId: string,
    @Param('userId', IdPipe) userId: string,
    @CurrentUser() actorId: string,
  ): Promise<void> {
    return this.members.remove(channelId, userId, actorId);
  }
}
