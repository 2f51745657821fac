import { Module, ValidationPipe } from '@nestjs/common';
import { ConfigModule, type ConfigType } from '@nestjs/config';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import { LiveMessagesModule } from 'nestjs-live-messages';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { AuthGuard } from './auth/auth.guard';
import { AuthModule } from './auth/auth.module';
import { TokenKey } from './auth/token-key';
import { TokenKeyModule } from './auth/token-key.module';
import { ChannelMemberships } from './channels/channel-memberships';
import { ChannelsModule } from './channels/channels.module';
import { settings } from './config/settings';
import { DatabaseModule } from './database/database.module';
import { HealthModule } from './health/health.module';
import { MessagesModule } from './messages/messages.module';
import { UsersModule } from './users/users.module';

/** One node: nobody else takes the clients meanwhile, so they need not be spread for long. */
const ALONE = { drain: { spreadMs: 1_000, timeoutMs: 5_000 } };

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true, load: [settings] }),
    DatabaseModule,
    AuthModule,
    UsersModule,
    ChannelsModule,
    MessagesModule,
    HealthModule,
    LiveMessagesModule.forRootAsync({
      imports: [TokenKeyModule],
      inject: [settings.KEY, TokenKey],
      useFactory: ({ redisUrl }: ConfigType<typeof settings>, { secret }: TokenKey) => ({
        jwt: { secret, algorithms: ['HS256'] },
        memberships: ChannelMemberships,
        // Every page fetches who is online when somebody comes or goes.
        presence: { updateUsers: true },
        ...(redisUrl ? { log: redisEventLog({ url: redisUrl }) } : ALONE),
      }),
    }),
  ],
  providers: [
    { provide: APP_GUARD, useExisting: AuthGuard },
    {
      provide: APP_PIPE,
      useFactory: () => new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
    },
  ],
})
export class AppModule {}
