import { Controller, Get, Logger, ServiceUnavailableException } from '@nestjs/common';
import { LiveReadiness } from 'nestjs-live-messages';
import { Public } from '../auth/public.decorator';
import { Database } from '../database/database';

@Controller('health')
export class HealthController {
  private readonly logger = new Logger(HealthController.name);

  constructor(
    private readonly database: Database,
    private readonly live: LiveReadiness,
  ) {}

  @Public(true)
  @Get()
  async check(): Promise<{ status: 'ok' }> {
    if (!this.live.isReady) throw new ServiceUnavailableException('The live endpoint takes no connections');
    try {
      await this.database.query('select 1');
    } catch (error) {
      this.logger.warn(`The database does not answer: ${(error as Error).message}`);
      throw new ServiceUnavailableException('The database does not answer');
    }
    return { status: 'ok' };
  }
}
