import { randomUUID } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { EVENT_LOG_CONFORMANCE, MakeEventLog } from 'nestjs-live-messages/testing';
import { RedisServer, startCluster } from './support/redis-server';

let server: RedisServer;
let cluster: RedisServer;
let hostsOwn: Redis;
let hostsCluster: Cluster;

const fresh = () => ({ prefix: randomUUID(), onError: (_: string, error: Error) => errors.push(error) });
const errors: Error[] = [];

/** Every way to say where Redis is. */
const LOGS: Record<string, MakeEventLog> = {
  'a URL': () => redisEventLog({ url: server.url, ...fresh() }),
  'a client of the host': () => redisEventLog({ client: hostsOwn, ...fresh() }),
  'a Cluster': () =>
    redisEventLog({ cluster: { nodes: [{ host: '127.0.0.1', port: cluster.port }] }, ...fresh() }),
  'a Cluster client of the host': () => redisEventLog({ client: hostsCluster, ...fresh() }),
};

beforeAll(async () => {
  [server, cluster] = await Promise.all([RedisServer.start(), startCluster()]);

  hostsOwn = new Redis(server.url, { keyPrefix: 'shop:', maxRetriesPerRequest: 3 });
  hostsCluster = new Cluster([{ host: '127.0.0.1', port: cluster.port }]);
  await Promise.all([hostsOwn.ping(), hostsCluster.ping()]);
});
afterAll(async () => {
  hostsOwn.disconnect();
  hostsCluster.disconnect();
  await Promise.all([server.stop(), cluster.stop()]);
});

describe.each(Object.entries(LOGS))('RedisEventLog by %s', (_, makeLog) => {
  it.each(EVENT_LOG_CONFORMANCE.map(({ name, run }) => [name, run] as const))('%s', async (__, run) => {
    await run(makeLog);
    expect(errors).toEqual([]);
  });
});

it('leaves the host’s own client as it was, and keeps to its key prefix', async () => {
  expect(hostsOwn.status).toBe('ready');
  expect(await hostsOwn.ping()).toBe('PONG');
  const keys = (await server.command('KEYS', 'shop:*')) as string[];
  expect(keys.length).toBeGreaterThan(0);
});
