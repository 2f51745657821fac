import { Logger } from '@nestjs/common';
import { RedisEventLog } from './log/redis/redis-event-log';
import { RedisEventLogOptions, checkOptions } from './log/redis/redis-event-log.options';
import type { EventLog } from './log/event-log';
import { throttledReport } from './throttled-report';

export type { RedisEventLogOptions } from './log/redis/redis-event-log.options';

/**
 * The ordered log on Redis, for as many nodes as follow it: `log: redisEventLog({ url: process.env.REDIS_URL })`. Redis
 * 6.2 or newer, with `maxmemory-policy noeviction`. It opens no connection before it is used; the module closes it.
 *
 * @throws InvalidOptionsError when it is not clear which Redis is meant: `url: undefined` never falls back to another
 */
export function redisEventLog(options: RedisEventLogOptions): EventLog {
  checkOptions(options);
  return new RedisEventLog(options, options.onError ?? throttledReport(new Logger('LiveMessages')));
}
