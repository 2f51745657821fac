import { randomBytes } from 'node:crypto';
import type { Database } from '../database/database';

const NAME = 'tokens';

/** What tokens are signed with (HS256), the same on every node. */
export class TokenKey {
  constructor(readonly secret: string) {}

  /** The key in the database: whichever node comes first makes it, and the others find it there. */
  static async in(database: Database): Promise<TokenKey> {
    const made = randomBytes(32).toString('base64url');
    await database.query('insert into secrets (name, value) values ($1, $2) on conflict do nothing', [
      NAME,
      made,
    ]);
    const [kept] = await database.query<{ value: string }>('select value from secrets where name = $1', [
      NAME,
    ]);
    if (kept === undefined) throw new Error('the key of the tokens is not in the database');
    return new TokenKey(kept.value);
  }
}
