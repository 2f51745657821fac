import { Controller, Delete, Get, HttpCode, HttpStatus, Param, Put } from '@nestjs/common';
import { CurrentUser } from '../auth/current-user.decorator';
import { IdPipe } from '../validation/id.pipe';
import type { Member } from './member';
import { MembersService } from './members.service';

@Controller('channels/:channelId/members')
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Get()
  list(@Param('channelId', IdPipe) channelId: string, @CurrentUser() userId: string): Promise<Member[]> {
    return this.members.list(channelId, userId);
  }

  @Put(':userId')
  @HttpCode(HttpStatus.NO_CONTENT)
  add(
    @Param('channelId', IdPipe) channelId: string,
    @Param('userId', IdPipe) userId: string,
    @CurrentUser() actorId: string,
  ): Promise<void> {
    return this.members.add(channelId, userId, actorId);
  }

  @Delete(':userId')
  @HttpCode(HttpStatus.NO_CONTENT)
  remove(
    @Param('channelId', IdPipe) channelId: string,
    @Param('userId', IdPipe) userId: string,
    @CurrentUser() actorId: string,
  ): Promise<void> {
    return this.members.remove(channelId, userId, actorId);
  }
}
