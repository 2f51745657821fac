import { RedisEventLog } from '../../src/log/redis/redis-event-log';
import { RedisEventLogOptions } from '../../src/log/redis/redis-event-log.options';
import { RedisTimings } from '../../src/log/redis/redis-timings';

export { EventLog } from '../../src/log/event-log';

/** The clocks of a log whose operators are in a hurry. */
const HURRIED: Partial<RedisTimings> = {
  connectMs: 1_000,
  graceMs: 500,
  commandMs: 1_000,
  beatMs: 100,
  leaseMs: 800,
  sweepMs: 50,
  behindMs: 300,
  blockMs: 500,
  answerMs: 500,
};

/** A log on Redis that notices in a second what takes others ten. */
export function redisEventLog(
  options: RedisEventLogOptions,
  onError: (message: string, error: Error) => void = () => undefined,
  timings: Partial<RedisTimings> = {},
): RedisEventLog {
  return new RedisEventLog(options, onError, { ...HURRIED, ...timings });
}
