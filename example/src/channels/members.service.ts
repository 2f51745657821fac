import { ForbiddenException, Injectable, NotFoundException } from '@nestjs/common';
import { PresenceService } from 'nestjs-live-messages';
import { Database, type Queryable } from '../database/database';
import { LiveFeed } from '../live/live-feed';
import type { User } from '../users/user';
import { UsersService } from '../users/users.service';
import type { Member } from './member';

@Injectable()
export class MembersService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersService,
    private readonly presence: PresenceService,
    private readonly feed: LiveFeed,
  ) {}

  async channelsOf(userId: string): Promise<string[]> {
    const rows = await this.database.query<{ channel_id: string }>(
      'select channel_id from members where user_id = $1',
      [userId],
    );
    return rows.map((row) => row.channel_id);
  }

  /** Who is in the channel, and which of them are here now; for members only. */
  async list(channelId: string, userId: string): Promise<Member[]> {
    await this.assertMember(channelId, userId);
    const users = await this.database.query<User>(
      `select u.id, u.username from members m join users u on u.id = m.user_id
       where m.channel_id = $1 order by lower(u.username)`,
      [channelId],
    );
    const online = await this.onlineAmong(users);
    return users.map((user) => ({ ...user, online: online.has(user.id) }));
  }

  /** A user joins; a member may bring others. */
  async add(channelId: string, userId: string, actorId: string): Promise<void> {
    await this.makerOf(channelId);
    if (userId !== actorId) await this.assertMember(channelId, actorId);
    if (!(await this.users.exists(userId))) throw new NotFoundException('There is no such user');
    await this.database.query(
      'insert into members (channel_id, user_id) values ($1, $2) on conflict do nothing',
      [channelId, userId],
    );
    await this.feed.memberJoined(channelId, userId);
  }

  /** A user leaves; the channel's maker may remove others. */
  async remove(channelId: string, userId: string, actorId: string): Promise<void> {
    const maker = await this.makerOf(channelId);
    if (userId !== actorId && maker !== actorId) {
      throw new ForbiddenException('Only the maker of a channel may remove others from it');
    }
    await this.database.query('delete from members where channel_id = $1 and user_id = $2', [
      channelId,
      userId,
    ]);
    // Also when nothing was deleted: a repeated request mends an announcement that failed.
    await this.feed.memberLeft(channelId, userId);
  }

  /**
   * Refuses who is not in the channel.
   *
   * @param on A transaction, in which the membership then lasts until its end.
   */
  async assertMember(channelId: string, userId: string, on: Queryable = this.database): Promise<void> {
    const members = await on.query(
      'select 1 from members where channel_id = $1 and user_id = $2 for key share',
      [channelId, userId],
    );
    if (members.length > 0) return;
    await this.makerOf(channelId, on);
    throw new ForbiddenException('You are not in this channel');
  }

  /** A list of members without its dots is better than none. */
  private async onlineAmong(users: readonly User[]): Promise<ReadonlySet<string>> {
    try {
      return await this.presence.onlineAmong(users.map(({ id }) => id));
    } catch {
      return new Set();
    }
  }

  /** Nobody, for the server's own channel. */
  private async makerOf(channelId: string, on: Queryable = this.database): Promise<string | null> {
    const [channel] = await on.query<{ made_by: string | null }>(
      'select made_by from channels where id = $1',
      [channelId],
    );
    if (!channel) throw new NotFoundException('There is no such channel');
    return channel.made_by;
  }
}
