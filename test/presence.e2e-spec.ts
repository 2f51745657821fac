import { EventLog, MemoryEventLog, PresenceChange, PresenceService, toUsers } from 'nestjs-live-messages';
import { TestClient, connect } from './support/client';
import { eventually } from './support/eventually';
import { Host, HostSetup, startHost } from './support/host';
import { redisEventLog as hurriedLog } from './support/redis-log';
import { RedisServer } from './support/redis-server';
import { messageRow } from './support/rows';
import { tokenOf } from './support/tokens';

jest.setTimeout(30_000);

const drain = { spreadMs: 0, timeoutMs: 500 };
const quick = { graceMs: 50 };

let hosts: Host[];
let redis: RedisServer | undefined;

/** A log that notices in a second what takes others ten. */
const onRedis = (url: string) => hurriedLog({ url }) as unknown as EventLog;

/** The logs that two nodes share. */
const LOGS: Record<string, () => Promise<() => EventLog>> = {
  'in memory': () => {
    const log = new MemoryEventLog();
    return Promise.resolve(() => log);
  },
  'on Redis': async () => {
    const server = await RedisServer.start();
    redis = server;
    return () => onRedis(server.url);
  },
};

beforeEach(() => {
  hosts = [];
  redis = undefined;
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  await redis?.stop();
});

async function start(options: HostSetup['options']): Promise<Host & { presence: PresenceService }> {
  const host = await startHost({ options: { drain, presence: quick, ...options } });
  hosts.push(host);
  return { ...host, presence: host.app.get(PresenceService) };
}

const gone = (client: TestClient) => {
  client.socket.close();
  return client.closed;
};

describe.each(Object.keys(LOGS))('two nodes with a log %s', (name) => {
  it('answer for each other who is online, and tell each change once', async () => {
    const log = await LOGS[name]!();
    const [one, two] = [await start({ log: log() }), await start({ log: log() })];
    const changes: PresenceChange[] = [];
    for (const { presence } of [one, two]) presence.onChange((change) => changes.push(change));
    const ann = await connect(one.url, tokenOf('ann'));
    const again = await connect(two.url, tokenOf('ann'));
    const ben = await connect(two.url, tokenOf('ben'));
    await eventually(async () => {
      for (const { presence } of [one, two]) {
        expect(await presence.onlineAmong(['ann', 'ben', 'cid', 'ann'])).toEqual(new Set(['ann', 'ben']));
        expect([await presence.isOnline('ann'), await presence.isOnline('cid')]).toEqual([true, false]);
        expect(await presence.count()).toBe(2);
        expect(await presence.onlineAmong([])).toEqual(new Set());
      }
    });
    await gone(ann);
    await gone(ben);
    await eventually(async () => expect(await one.presence.isOnline('ben')).toBe(false));
    expect(await two.presence.isOnline('ann')).toBe(true);
    await gone(again);
    await eventually(async () => expect(await one.presence.count()).toBe(0));
    await eventually(() =>
      expect(changes.map(({ userId, online }) => `${userId} ${online}`).sort()).toEqual([
        'ann false',
        'ann true',
        'ben false',
        'ben true',
      ]),
    );
  });

  it('bring UPDATE_USERS to everyone when somebody came and when he is gone, if the host wants it', async () => {
    const log = await LOGS[name]!();
    const presence = { ...quick, updateUsers: true };
    const [one, two] = [await start({ log: log(), presence }), await start({ log: log(), presence })];
    const ann = await connect(one.url, tokenOf('ann'));
    expect(await ann.nextEvent()).toEqual({ message_type: 'UPDATE_USERS' });
    const ben = await connect(two.url, tokenOf('ben'));
    expect(await ann.nextEvent()).toEqual({ message_type: 'UPDATE_USERS' });
    await gone(ben);
    expect(await ann.nextEvent()).toEqual({ message_type: 'UPDATE_USERS' });
    expect(await one.presence.isOnline('ben')).toBe(false);
  });
});

it('says nothing to clients unless the host wants it', async () => {
  const host = await start({});
  const changes: PresenceChange[] = [];
  host.presence.onChange((change) => changes.push(change));
  const ann = await connect(host.url, tokenOf('ann'));
  await gone(await connect(host.url, tokenOf('ben')));
  await eventually(() => expect(changes).toHaveLength(3));
  await host.live.updateStatus();
  expect(await ann.nextEvent()).toEqual({ message_type: 'UPDATE_STATUS' });
});

it('a listener that throws or rejects hurts nobody, and one that has ended hears nothing', async () => {
  const host = await start({});
  const heard: string[] = [];
  host.presence.onChange(() => {
    throw new Error('a listener');
  });
  host.presence.onChange(() => Promise.reject(new Error('an async listener')));
  const end = host.presence.onChange(({ userId }) => heard.push(`ended ${userId}`));
  host.presence.onChange(({ userId }) => heard.push(userId));
  end();
  await connect(host.url, tokenOf('ann'));
  await eventually(() => expect(heard).toEqual(['ann']));
});

it('the oldest connection of a user who has too many is closed, on whichever node it is', async () => {
  redis = await RedisServer.start();
  const { url } = redis;
  const limits = { connectionsPerUser: 2 };
  const [one, two] = [await start({ log: onRedis(url), limits }), await start({ log: onRedis(url), limits })];
  const first = await connect(one.url, tokenOf('ann'));
  await eventually(async () => expect(await two.presence.isOnline('ann')).toBe(true));
  const second = await connect(one.url, tokenOf('ann'));
  const third = await connect(two.url, tokenOf('ann'));
  expect(await first.closed).toEqual({ code: 4001, reason: 'too many connections of this user' });
  for (const { socket } of [second, third]) expect(socket.readyState).toBe(socket.OPEN);
  // The order was for one connection: the others are still served.
  await one.live.message(messageRow('general', { id: 'for all' }), { to: toUsers(['ann']) });
  for (const client of [second, third]) expect(await client.nextEvent()).toMatchObject({ id: 'for all' });
});

it('all nodes together take so many upgrades a second', async () => {
  redis = await RedisServer.start();
  const { url } = redis;
  const limits = { clusterAcceptsPerSecond: 1 };
  const [one] = [await start({ log: onRedis(url), limits }), await start({ log: onRedis(url), limits })];
  const answers = await Promise.all(
    Array.from({ length: 40 }, () =>
      connect(one.url, tokenOf('ann')).then(
        () => 'in',
        () => 'out',
      ),
    ),
  );
  const admitted = answers.filter((answer) => answer === 'in').length;
  expect(admitted).toBeGreaterThanOrEqual(1);
  expect(admitted).toBeLessThanOrEqual(10);
});
