import { Module } from '@nestjs/common';
import { LiveModule } from '../live/live.module';
import { PresenceService } from './presence.service';

@Module({ imports: [LiveModule], providers: [PresenceService], exports: [PresenceService] })
export class PresenceModule {}
