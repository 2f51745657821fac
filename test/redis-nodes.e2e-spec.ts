import { EventLog, LiveReadiness, topic } from 'nestjs-live-messages';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { TestClient, connect, open, refusalOf } from './support/client';
import { Host, startHost } from './support/host';
import { RedisServer } from './support/redis-server';
import { redisEventLog as hurriedLog } from './support/redis-log';
import { messageRow } from './support/rows';
import { tokenOf } from './support/tokens';

const GENERAL = topic('CHANNEL', 'general');
const drain = { spreadMs: 0, timeoutMs: 500 };

let server: RedisServer;
let hosts: Host[];

beforeEach(async () => {
  server = await RedisServer.start();
  hosts = [];
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  await server.stop();
});

async function startNode(log = redisEventLog({ url: server.url, onError: () => undefined })): Promise<Host> {
  const host = await startHost({ options: { log, drain, emitTimeoutMs: 1_500 } });
  hosts.push(host);
  for (const user of ['ann', 'ben']) host.source.put(user, GENERAL);
  return host;
}

/** A log that notices in a second what takes others ten. */
const hurried = () => hurriedLog({ url: server.url }) as unknown as EventLog;

const row = (id: string, author = 'ann') => messageRow('general', { id, user_id: author });

async function idsOf(client: TestClient, last: string): Promise<unknown[]> {
  const ids: unknown[] = [];
  while (ids.at(-1) !== last) ids.push((await client.nextEvent()).id);
  return ids;
}

it('two nodes show their users one order of what both emit', async () => {
  const [one, two] = [await startNode(), await startNode()];
  const clients = await Promise.all([one, two, one].map((host) => connect(host.url, tokenOf('ann'))));
  const emits = Array.from({ length: 200 }, (_, index) =>
    index % 2 ? one.live.message(row(`one ${index}`)) : two.live.message(row(`two ${index}`, 'ben')),
  );
  await Promise.all(emits);
  await one.live.message(row('end'));
  const seen = await Promise.all(clients.map((client) => idsOf(client, 'end')));
  expect(seen[0]).toHaveLength(201);
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[2]).toEqual(seen[0]);
  for (const [name, parity] of [
    ['one', 1],
    ['two', 0],
  ] as const) {
    const own = seen[0]!.filter((id) => String(id).startsWith(name));
    expect(own).toEqual(Array.from({ length: 100 }, (_, index) => `${name} ${index * 2 + parity}`));
  }
});

it('typing, memberships and kicks cross nodes in the same order', async () => {
  const [one, two] = [await startNode(), await startNode()];
  const [ann, ben] = await Promise.all([connect(one.url, tokenOf('ann')), connect(two.url, tokenOf('ben'))]);
  await one.live.typing({ recipient_type: 'CHANNEL', reference_id: 'general', user_id: 'ann' });
  expect(await ben.nextEvent()).toMatchObject({ message_type: 'TYPING', user_id: 'ann' });
  await two.live.message(row('before'));
  await two.memberships.left(['ann'], GENERAL);
  await two.live.message(row('after'));
  await one.live.disconnect({ userId: 'ben' });
  await ben.closed;
  expect(ben.rest().map((frame) => (JSON.parse(frame) as { id: string }).id)).toEqual(['before', 'after']);
  expect(ann.rest().map((frame) => (JSON.parse(frame) as { id: string }).id)).toEqual(['before']);
});

it('boots without Redis, is not ready, answers 503, and takes connections once it is there', async () => {
  await server.kill();
  const host = await startNode();
  const readiness = host.app.get(LiveReadiness);
  expect(readiness.isReady).toBe(false);
  expect(await refusalOf(open(host.url, tokenOf('ann')))).toMatchObject({ status: 503 });
  await expect(host.live.message(row('too early'))).rejects.toMatchObject({ outcome: 'refused' });
  await server.up();
  while (!readiness.isReady) await new Promise((resolve) => setTimeout(resolve, 20));
  const ann = await connect(host.url, tokenOf('ann'));
  await host.live.message(row('now'));
  expect(await ann.nextEvent()).toMatchObject({ id: 'now' });
});

it('closes while it waits for a Redis that never comes', async () => {
  await server.kill();
  const host = await startNode();
  hosts = [];
  await host.close();
  await server.up();
  expect(
    String(await server.command('CLIENT', 'LIST'))
      .trim()
      .split('\n'),
  ).toHaveLength(1);
});

it('sockets stay while Redis is away for a moment of cut connections', async () => {
  const host = await startNode(hurried());
  const ann = await connect(host.url, tokenOf('ann'));
  server.pause();
  await expect(host.live.message(row('in doubt'))).rejects.toMatchObject({ outcome: 'unknown' });
  server.resume();
  expect(await ann.nextEvent()).toMatchObject({ id: 'in doubt' });
  await host.live.message(row('after'));
  expect(await ann.nextEvent()).toMatchObject({ id: 'after' });
});

it('a Redis that comes back empty closes plain connections, so that their front ends reload', async () => {
  const host = await startNode(hurried());
  const ann = await connect(host.url, tokenOf('ann'));
  await server.kill();
  server.forgetData();
  await server.up();
  expect((await ann.closed).code).toBe(1012);
  const again = await connect(host.url, tokenOf('ann'));
  await host.live.message(row('after'));
  expect(await again.nextEvent()).toMatchObject({ id: 'after' });
});
