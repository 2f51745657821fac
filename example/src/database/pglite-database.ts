import { PGlite } from '@electric-sql/pglite';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Database, type Queryable } from './database';

/** Postgres inside this process, in memory: gone when it ends. */
export class PgliteDatabase extends Database implements OnApplicationShutdown {
  private constructor(private readonly pglite: PGlite) {
    super();
  }

  static async open(): Promise<PgliteDatabase> {
    new Logger('Database').log('Starting Postgres in memory, a few seconds (DATABASE_URL names a real one)');
    return new PgliteDatabase(await PGlite.create());
  }

  async query<T>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return (await this.pglite.query<T>(sql, [...params])).rows;
  }

  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    return this.pglite.transaction((tx) =>
      work({
        query: async <R>(sql: string, params: readonly unknown[] = []) =>
          (await tx.query<R>(sql, [...params])).rows,
      }),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.pglite.closed) await this.pglite.close();
  }
}
