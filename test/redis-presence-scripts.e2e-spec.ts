import { Redis } from 'ioredis';
import { keysOf } from '../src/log/redis/keys';
import { BURY, DEPART, SYNC } from '../src/log/redis/presence-scripts';
import { RedisScript } from '../src/log/redis/redis-script';
import { RedisServer } from './support/redis-server';

const { presence: keys } = keysOf('scripts');
const LEASE_MS = 15_000;
const GRACE_MS = 0;

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await RedisServer.start();
  redis = new Redis(server.url);
});
beforeEach(() => redis.flushall());
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** @param number of the node's call @returns the life, and more where the call counts */
async function sync(node: string, known: string, number: number, what?: 'came' | 'gone'): Promise<string[]> {
  const { life, nodes, loads, online, leaving, news, usersOf, user } = keys;
  const all = [life, nodes, loads, online, leaving, news, usersOf(node), ...(what ? [user('ann')] : [])];
  const entry = what ? [what, 'ann', `${node} 7 9000000000000000`, 1_000] : [];
  const args = [node, known, '', LEASE_MS, GRACE_MS, 20, what === 'came' ? 1 : 0, number, ...entry];
  return (await run(SYNC, all, args)) as string[];
}

function run(script: RedisScript, all: string[], args: (string | number)[]): Promise<unknown> {
  return script.run(redis, all, args);
}

const bury = (life: string) => run(BURY, [keys.life, keys.nodes, keys.loads, keys.dead], [life, 15_000]);
const depart = (life: string) =>
  run(DEPART, [keys.life, keys.leaving, keys.online, keys.news, keys.user('ann')], [life, 'ann']);

it('a call that comes late does not undo the ones after it', async () => {
  const [life] = (await sync('one', '', 1)) as [string];
  await sync('one', life, 3, 'gone');
  // Sent before that, over a connection that was slower.
  expect(await sync('one', life, 2, 'came')).toEqual([life]);
  expect(await redis.exists(keys.user('ann'), keys.online)).toBe(0);
  expect(await sync('one', life, 4)).toHaveLength(5);
});

it('a node that has not seen that the data began anew takes nobody for dead, and lets nobody go', async () => {
  const [before] = (await sync('one', '', 1)) as [string];
  await sync('one', before, 2, 'came');
  await sync('one', before, 3, 'gone');
  await redis.del(keys.life);
  const [after] = (await sync('two', '', 1)) as [string];
  expect(after).not.toBe(before);
  expect(await bury(before)).toBeNull();
  await depart(before);
  expect(await redis.sismember(keys.online, 'ann')).toBe(1);
  expect(await bury(after)).toBe('one 0');
  await depart(after);
  expect(await redis.sismember(keys.online, 'ann')).toBe(0);
});

it('a node from before a restart takes nobody for dead, though nobody has seen the restart yet', async () => {
  const [life] = (await sync('one', '', 1)) as [string];
  const ofAnotherServer = life.replace(/^\w+/, 'x'.repeat(40));
  await redis.set(keys.life, ofAnotherServer);
  await redis.zadd(keys.nodes, 0, 'one');
  expect(await bury(ofAnotherServer)).toBeNull();
});
