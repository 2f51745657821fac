import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '../database/database';
import { onlyRow } from '../database/only-row';
import type { MessageRow } from './message-row';

const DATE_FORM = `'YYYY-MM-DD HH24:MI:SS.US'`;

const ROW = `
  m.id, m.user_id, m.content,
  to_char(m.date_created, ${DATE_FORM}) as date_created,
  to_char(m.date_updated, ${DATE_FORM}) as date_updated,
  case when m.deleted then 'DELETE_MESSAGE' when m.date_updated > m.date_created then 'EDIT_MESSAGE'
    else 'MESSAGE' end as message_type,
  'CHANNEL' as recipient_type, m.channel_id as reference_id, m.deleted`;

// Strictly later each time, whatever the clock does: a page keeps the later of two states of a message.
const LATER = `greatest(clock_timestamp() at time zone 'utc', m.date_updated + interval '1 microsecond')`;

/** The messages table; rows come out in the form of the wire. */
@Injectable()
export class MessagesRepository {
  constructor(private readonly database: Database) {}

  /** The last rows of a channel, or those before a message, oldest first. Deleted ones come empty. */
  async page(channelId: string, before: string | undefined, limit: number): Promise<MessageRow[]> {
    const rows = await this.database.query<MessageRow>(
      `select ${ROW} from messages m
       where m.channel_id = $1 and ($2::uuid is null or (m.date_created, m.id) <
         (select b.date_created, b.id from messages b where b.id = $2 and b.channel_id = $1))
       order by m.date_created desc, m.id desc limit $3`,
      [channelId, before ?? null, limit],
    );
    return rows.reverse().map((row) => (row.deleted ? { ...row, content: '' } : row));
  }

  insert(channelId: string, userId: string, content: string, on: Queryable): Promise<MessageRow> {
    return onlyRow(
      on.query<MessageRow>(
        `insert into messages as m (channel_id, user_id, content, date_created, date_updated)
         select $1, $2, $3, now.utc, now.utc from (select clock_timestamp() at time zone 'utc' as utc) now
         returning ${ROW}`,
        [channelId, userId, content],
      ),
    );
  }

  /** The row, which nobody else changes until the end of the transaction. */
  async lock(id: string, on: Queryable): Promise<MessageRow | undefined> {
    const [row] = await on.query<MessageRow>(`select ${ROW} from messages m where m.id = $1 for update`, [
      id,
    ]);
    return row;
  }

  changeContent(id: string, content: string, on: Queryable): Promise<MessageRow> {
    return onlyRow(
      on.query<MessageRow>(
        `update messages m set content = $2, date_updated = ${LATER} where m.id = $1 returning ${ROW}`,
        [id, content],
      ),
    );
  }

  markDeleted(id: string, on: Queryable): Promise<MessageRow> {
    return onlyRow(
      on.query<MessageRow>(
        `update messages m set deleted = true, date_updated = ${LATER} where m.id = $1 returning ${ROW}`,
        [id],
      ),
    );
  }
}
