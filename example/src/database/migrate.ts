import { LOBBY } from '../channels/lobby';
import type { Database } from './database';

const LOCK = 20_240_909;

// Times are UTC without a zone, so that they read the same from every session.
const MIGRATIONS = [
  `create table if not exists users (
    id uuid primary key default gen_random_uuid(),
    username text not null check (char_length(username) between 1 and 40),
    date_created timestamp(6) not null default (clock_timestamp() at time zone 'utc')
  )`,
  `create unique index if not exists users_username on users (lower(username))`,
  `create table if not exists channels (
    id uuid primary key default gen_random_uuid(),
    name text not null check (char_length(name) between 1 and 60),
    made_by uuid references users (id),
    date_created timestamp(6) not null default (clock_timestamp() at time zone 'utc')
  )`,
  `create table if not exists members (
    channel_id uuid not null references channels (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    date_read timestamp(6) not null default (clock_timestamp() at time zone 'utc'),
    primary key (channel_id, user_id)
  )`,
  `create index if not exists members_user on members (user_id)`,
  `create table if not exists messages (
    id uuid primary key default gen_random_uuid(),
    channel_id uuid not null references channels (id) on delete cascade,
    user_id uuid not null references users (id),
    content text not null,
    date_created timestamp(6) not null default (clock_timestamp() at time zone 'utc'),
    date_updated timestamp(6) not null default (clock_timestamp() at time zone 'utc'),
    deleted boolean not null default false
  )`,
  `create table if not exists secrets (name text primary key, value text not null)`,
  `create index if not exists messages_channel on messages (channel_id, date_created desc, id desc)`,
];

/** Brings the tables to their present form; several nodes may do so at once. */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    // `if not exists` alone races with itself: two nodes may both see nothing there.
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
    for (const sql of MIGRATIONS) await tx.query(sql);
    await tx.query('insert into channels (id, name) values ($1, $2) on conflict do nothing', [
      LOBBY.id,
      LOBBY.name,
    ]);
  });
}
