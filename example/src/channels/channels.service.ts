import { Injectable, NotFoundException } from '@nestjs/common';
import { Database } from '../database/database';
import { onlyRow } from '../database/only-row';
import { LiveFeed } from '../live/live-feed';
import type { Channel, ListedChannel } from './channel';
import { MembersService } from './members.service';

const UNREAD_LIMIT = 100;

@Injectable()
export class ChannelsService {
  constructor(
    private readonly database: Database,
    private readonly members: MembersService,
    private readonly feed: LiveFeed,
  ) {}

  /** Every channel, so that a page can offer to join the others; the server's own comes first. */
  list(userId: string): Promise<ListedChannel[]> {
    return this.database.query<ListedChannel>(
      `select c.id, c.name, m.user_id is not null as member, coalesce(u.ids, '[]') as unread
       from channels c left join members m on m.channel_id = c.id and m.user_id = $1
       left join lateral (
         select json_agg(n.id order by n.date_created, n.id) as ids from (
           select id, date_created from messages
           where channel_id = c.id and date_created > m.date_read and user_id <> $1 and not deleted
           order by date_created desc, id desc limit ${UNREAD_LIMIT}
         ) n
       ) u on true
       order by c.made_by is not null, lower(c.name), c.date_created`,
      [userId],
    );
  }

  /** A user has read a channel up to a message; it never becomes less. */
  async markRead(channelId: string, userId: string, messageId: string): Promise<void> {
    await this.members.assertMember(channelId, userId);
    const marked = await this.database.query(
      `update members k set date_read = greatest(k.date_read, m.date_created) from messages m
       where k.channel_id = $1 and k.user_id = $2 and m.id = $3 and m.channel_id = $1
       returning 1`,
      [channelId, userId, messageId],
    );
    if (marked.length === 0) throw new NotFoundException('There is no such message');
  }

  async make(name: string, userId: string): Promise<Channel> {
    const channel = await this.database.transaction(async (tx) => {
      const made = await onlyRow(
        tx.query<Channel>('insert into channels (name, made_by) values ($1, $2) returning id, name', [
          name,
          userId,
        ]),
      );
      await tx.query('insert into members (channel_id, user_id) values ($1, $2)', [made.id, userId]);
      return made;
    });
    await this.feed.channelMade(channel.id, userId);
    return channel;
  }
}
