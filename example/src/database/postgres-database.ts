import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Pool, type PoolClient } from 'pg';
import { Database, type Queryable } from './database';

/** A Postgres server, as `DATABASE_URL` names it. */
export class PostgresDatabase extends Database implements OnApplicationShutdown {
  private readonly logger = new Logger('Database');
  private readonly pool: Pool;

  constructor(connectionString: string) {
    super();
    this.pool = new Pool({ connectionString, connectionTimeoutMillis: 5_000 });
    // An idle connection that breaks would otherwise end the process.
    this.pool.on('error', (error) => this.logger.warn(`A connection was lost: ${error.message}`));
  }

  query<T>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return rowsOf<T>(this.pool, sql, params);
  }

  async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await work({ query: (sql, params = []) => rowsOf(client, sql, params) });
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.pool.ended) await this.pool.end();
  }
}

async function rowsOf<T>(on: Pool | PoolClient, sql: string, params: readonly unknown[]): Promise<T[]> {
  return (await on.query(sql, [...params])).rows as T[];
}
