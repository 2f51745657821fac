import { Module, ValidationPipe } from '@nestjs/common';
import { ConfigModule, type ConfigType } from '@nestjs/config';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import { LiveMessagesModule } from 'nestjs-live-messages';
import { AuthGuard } from './auth/auth.guard';
import { AuthModule } from './auth/auth.module';
import { ChannelMemberships } from './channels/channel-memberships';
import { ChannelsModule } from './channels/channels.module';
import { settings } from './config/settings';
import { DatabaseModule } from './database/database.module';
import { HealthModule } from './health/health.module';
import { MessagesModule } from './messages/messages.module';
import { UsersModule } from './users/users.module';

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
      inject: [settings.KEY],
      useFactory: ({ jwtSecret }: ConfigType<typeof settings>) => ({
        jwt: { secret: jwtSecret, algorithms: ['HS256'] },
        memberships: ChannelMemberships,
        // Every page fetches who is online when somebody comes or goes.
        presence: { updateUsers: true },
        // One node: nobody else takes the clients meanwhile, so they need not be spread for long.
        drain: { spreadMs: 1_000, timeoutMs: 5_000 },
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
