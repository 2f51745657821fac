import { Controller, Get, Logger, ServiceUnavailableException } from '@nestjs/common';
import { Public } from '../auth/public.decorator';
import { Database } from '../database/database';

@Controller('health')
export class HealthController {
  private readonly logger = new Logger(HealthController.name);

  constructor(private readonly database: Database) {}

  @Public(true)
  @Get()
  async check(): Promise<{ status: 'ok' }> {
    try {
      await this.database.query('select 1');
    } catch (error) {
      this.logger.warn(`The database does not answer: ${(error as Error).message}`);
      throw new ServiceUnavailableException('The database does not answer');
    }
    return { status: 'ok' };
  }
}
