import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { LOBBY } from '../channels/lobby';
import { Database } from '../database/database';
import { onlyRow } from '../database/only-row';
import { LiveFeed } from '../live/live-feed';
import type { User } from './user';

@Injectable()
export class UsersService {
  constructor(
    private readonly database: Database,
    private readonly feed: LiveFeed,
  ) {}

  list(): Promise<User[]> {
    return this.database.query<User>('select id, username from users order by lower(username)');
  }

  async exists(id: string): Promise<boolean> {
    if (!isUUID(id)) return false;
    return (await this.database.query('select 1 from users where id = $1', [id])).length > 0;
  }

  /** A new user is in the lobby. */
  async findOrCreate(username: string): Promise<User> {
    const [created] = await this.database.query<User>(
      `with created as (
         insert into users (username) values ($1)
         on conflict (lower(username)) do nothing
         returning id, username
       ), welcomed as (
         insert into members (channel_id, user_id) select $2, id from created
       )
       select id, username from created`,
      [username, LOBBY.id],
    );
    if (created) {
      await this.feed.userAppeared(created.id);
      return created;
    }
    return onlyRow(
      this.database.query<User>('select id, username from users where lower(username) = lower($1)', [
        username,
      ]),
    );
  }
}
