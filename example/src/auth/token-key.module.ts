import { Module } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { settings } from '../config/settings';
import { Database } from '../database/database';
import { TokenKey } from './token-key';

@Module({
  providers: [
    {
      provide: TokenKey,
      inject: [settings.KEY, Database],
      useFactory: ({ jwtSecret }: ConfigType<typeof settings>, database: Database) =>
        jwtSecret ? new TokenKey(jwtSecret) : TokenKey.in(database),
    },
  ],
  exports: [TokenKey],
})
export class TokenKeyModule {}
