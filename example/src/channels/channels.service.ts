import { Injectable } from '@nestjs/common';
import { Database } from '../database/database';
import { onlyRow } from '../database/only-row';
import { LiveFeed } from '../live/live-feed';
import type { Channel, ListedChannel } from './channel';

@Injectable()
export class ChannelsService {
  constructor(
    private readonly database: Database,
    private readonly feed: LiveFeed,
  ) {}

  /** Every channel, so that a page can offer to join the others. */
  list(userId: string): Promise<ListedChannel[]> {
    return this.database.query<ListedChannel>(
      `select c.id, c.name, m.user_id is not null as member
       from channels c left join members m on m.channel_id = c.id and m.user_id = $1
       order by lower(c.name), c.date_created`,
      [userId],
    );
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
