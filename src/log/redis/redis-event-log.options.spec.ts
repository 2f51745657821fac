import { Redis } from 'ioredis';
import { redisEventLog } from '../../redis';
import { RedisEventLogOptions } from './redis-event-log.options';

const url = 'redis://localhost';

it.each<[what: string, options: unknown, problem: RegExp]>([
  ['nothing', undefined, /an object/],
  ['no place', {}, /exactly one of/],
  ['an undefined URL', { url: undefined }, /url must not be undefined/],
  ['a URL that is null', { url: null }, /url must not be null/],
  ['an undefined URL beside options', { url: undefined, options: {} }, /url must not be undefined/],
  ['an undefined client', { client: undefined }, /client must not be undefined/],
  ['two places', { url, client: new Redis({ lazyConnect: true }) }, /exactly one of/],
  ['an empty URL', { url: '' }, /redis:\/\/ or rediss:\/\//],
  ['another protocol', { url: 'http://localhost' }, /redis:\/\/ or rediss:\/\//],
  ['no host', { url: 'redis://' }, /redis:\/\/ or rediss:\/\//],
  ['a client that is none', { client: {} }, /client of ioredis/],
  ['a Cluster without nodes', { cluster: { nodes: [] } }, /at least one node/],
  ['a prefix with a blank', { url, prefix: 'a b' }, /prefix/],
  ['an empty prefix', { url, prefix: '' }, /prefix/],
  ['a prefix with two tags', { url, prefix: '{a}{b}' }, /prefix/],
  ['too short a history', { url, maxMs: 1 }, /maxMs/],
  ['no whole number of records', { url, maxRecords: 1_000.5 }, /maxRecords/],
  ['an onError that is none', { url, onError: 'x' }, /onError/],
  ['a typo', { url, prefx: 'a' }, /prefx is no option/],
])('refuses %s', (_, options, problem) => {
  expect(() => redisEventLog(options as RedisEventLogOptions)).toThrow(problem);
});

it('never says what the URL was: a password may be in it', () => {
  let message = '';
  try {
    redisEventLog({ url: 'redis://user:s3cret@[', maxMs: 1 });
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain('maxMs');
  expect(message).not.toContain('s3cret');
});

it.each<[what: string, options: RedisEventLogOptions]>([
  ['a URL', { url }],
  ['a URL with options', { url: 'rediss://user:pass@localhost:6380/2', options: { tls: {} } }],
  ['options', { options: { sentinels: [{ host: 'localhost', port: 26_379 }], name: 'chat' } }],
  ['a Cluster', { cluster: { nodes: [{ host: 'localhost', port: 6_379 }] } }],
  ['a prefix with a tag', { url, prefix: 'shop:{chat}' }],
])('takes %s, opens nothing for it, and closes', async (_, options) => {
  const log = redisEventLog(options);
  await log.close();
  await expect(log.append({ writerId: 'w', number: 1, records: [] })).rejects.toMatchObject({
    outcome: 'refused',
  });
});
