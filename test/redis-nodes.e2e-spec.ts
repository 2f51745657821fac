import { Test } from '@nestjs/testing';
import {
  EventLog,
  LiveCursor,
  LiveEventsService,
  LiveMessagesModule,
  LiveReadiness,
  PresenceService,
  topic,
} from 'nestjs-live-messages';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { TestClient, connect, open, refusalOf } from './support/client';
import { eventually } from './support/eventually';
import { Host, Memberships, startHost } from './support/host';
import { RedisServer } from './support/redis-server';
import { redisEventLog as hurriedLog } from './support/redis-log';
import { nextFrame, resume } from './support/resumable';
import { messageRow } from './support/rows';
import { SECRET, tokenOf } from './support/tokens';

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
  // Elsewhere: whom a refused event was for is sent away once the log is there.
  const early = messageRow('elsewhere', { id: 'too early', user_id: 'ben' });
  await expect(host.live.message(early)).rejects.toMatchObject({ outcome: 'refused' });
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

it('what was revoked stays revoked on a node that starts when its record is long gone', async () => {
  const one = await startNode();
  await one.live.disconnect({ tokenId: 'stolen' });
  await server.command('XTRIM', '{live-messages}:log', 'MAXLEN', '0');
  const two = await startNode();
  const client = open(two.url, tokenOf('ann', { jti: 'stolen' }));
  expect(await client.closed).toEqual({ code: 3000, reason: 'token revoked' });
});

it('a client of a node that is gone comes back to another, also to one that started later, and has missed nothing', async () => {
  const [one, two] = [await startNode(), await startNode()];
  const { client, connected } = await resume(one, 'ann');
  await one.live.message(row('first'));
  expect((await nextFrame(client)).id).toBe('first');
  await one.close();
  for (let count = 0; count < 300; count += 1) void two.live.message(row(`missed ${count}`));
  await two.live.message(row('last missed'));
  const three = await startNode();
  for (const host of [two, three]) {
    const { client: back, connected: again } = await resume(host, 'ann', connected.cursor);
    expect(again).toMatchObject({ resumed: true, cursor: connected.cursor });
    const ids = await idsOf(back, 'last missed');
    expect(ids).toHaveLength(302);
    expect(ids.slice(0, 3)).toEqual(['first', 'missed 0', 'missed 1']);
    back.socket.terminate();
  }
});

it('a worker without an HTTP server emits, and follows nothing', async () => {
  const one = await startNode();
  const ann = await connect(one.url, tokenOf('ann'));
  const log = redisEventLog({ url: server.url, onError: () => undefined });
  const worker = await Test.createTestingModule({
    imports: [
      LiveMessagesModule.forRoot({
        jwt: { secret: SECRET, algorithms: ['HS256'] },
        memberships: Memberships,
        log,
      }),
    ],
    providers: [Memberships],
  }).compile();
  await worker.init();
  await worker.get(LiveEventsService).message(row('from the worker'));
  expect(await ann.nextEvent()).toMatchObject({ id: 'from the worker' });
  expect(worker.get(LiveCursor).take()).toBeUndefined();
  // It may ask who is online, and is no node that could be.
  const presence = worker.get(PresenceService);
  await eventually(async () => expect(await presence.onlineAmong(['ann', 'ben'])).toEqual(new Set(['ann'])));
  expect(await server.command('ZCARD', '{live-messages}:nodes')).toBe(1);
  // One connection reads: the node's. The worker has one to write, and no other.
  expect(String(await server.command('CLIENT', 'LIST')).match(/cmd=xread/g)).toHaveLength(1);
  await worker.close();
});
