import { Global, Module } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { settings } from '../config/settings';
import { Database } from './database';
import { migrate } from './migrate';
import { PgliteDatabase } from './pglite-database';
import { PostgresDatabase } from './postgres-database';

@Global()
@Module({
  providers: [
    {
      provide: Database,
      inject: [settings.KEY],
      useFactory: async ({ databaseUrl, redisUrl }: ConfigType<typeof settings>): Promise<Database> => {
        if (redisUrl && !databaseUrl) {
          throw new Error(
            'REDIS_URL is for several nodes, and these need one database, too: set DATABASE_URL',
          );
        }
        const database = databaseUrl ? new PostgresDatabase(databaseUrl) : await PgliteDatabase.open();
        await migrate(database).catch((cause: Error) => {
          throw new Error(`the database can not be used (check DATABASE_URL): ${cause.message}`, { cause });
        });
        return database;
      },
    },
  ],
  exports: [Database],
})
export class DatabaseModule {}
