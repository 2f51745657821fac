import { Door } from './support/door';
import { EventLog, redisEventLog } from './support/redis-log';
import { LogWriter } from '../src/log/log-writer';
import { LogRecorder, event } from './support/log-recorder';
import { RedisServer } from './support/redis-server';

let servers: RedisServer[] = [];
let logs: EventLog[] = [];
let writers: LogWriter[] = [];
let doors: Door[] = [];

afterEach(async () => {
  for (const writer of writers) writer.close();
  await Promise.all(logs.map((log) => log.close()));
  for (const server of servers) server.resume();
  await Promise.all(servers.map((server) => server.stop()));
  for (const door of doors) door.close();
  [servers, logs, writers, doors] = [[], [], [], []];
});

interface Node {
  readonly writer: LogWriter;
  readonly follower: LogRecorder;
}

async function startServer(...args: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...args);
  servers.push(server);
  return server;
}

async function startNode(options: Parameters<typeof redisEventLog>[0]): Promise<Node> {
  const log = redisEventLog(options);
  logs.push(log);
  const node = { writer: new LogWriter(log, 8_000), follower: new LogRecorder() };
  writers.push(node.writer);
  await log.follow('now', node.follower);
  return node;
}

/** Asks until it holds; a server that changes its role ends connections while it is asked. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 50));
}

const isDone = (promise: Promise<unknown>) =>
  promise.then(
    () => true,
    () => false,
  );

const isOnline = async (replica: RedisServer) =>
  String(await replica.command('INFO', 'replication')).includes('master_link_status:up');

async function startReplicaOf(master: { readonly port: number }): Promise<RedisServer> {
  const replica = await startServer('--replicaof', '127.0.0.1', String(master.port));
  await until(() => isOnline(replica));
  return replica;
}

/** All logs agree on what stands where. */
function expectOneRecordAPosition(nodes: readonly Node[]): void {
  const names = new Map<string, Set<string>>();
  for (const { follower } of nodes) {
    for (const [position, own] of follower.byPosition) {
      names.set(position, new Set([...(names.get(position) ?? []), ...own]));
    }
  }
  expect([...names].filter(([, { size }]) => size !== 1)).toEqual([]);
}

/** Nothing was told after a gap without a break. */
function expectNoGap({ follower }: Node): void {
  const breaks = follower.told.filter((name) => name === 'break').length;
  const jumps = follower.records.filter(({ position }, index) => {
    const before = follower.records[index - 1]?.position;
    return before && (before.epoch !== position.epoch || before.seq + 1 !== position.seq);
  });
  expect(jumps.length).toBeLessThanOrEqual(breaks);
}

describe('Sentinel', () => {
  it('fails over to the replica: the break is told, nothing that was accepted is lost, and both go on', async () => {
    const master = await startServer();
    await startReplicaOf(master);
    const sentinel = await startSentinel(master);
    const options = { options: { sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'chat' } };
    const nodes = [await startNode(options), await startNode(options)];
    const [a, b] = nodes as [Node, Node];
    await a.writer.append(event('first'));
    await b.follower.until('first');
    await until(() => isDone(sentinel.command('SENTINEL', 'FAILOVER', 'chat')));
    // Until the old master is told so too, it takes writes that will be lost.
    await until(async () => String(await master.command('ROLE')).startsWith('slave'));
    for (const { writer } of nodes) await until(() => isDone(writer.append(event('probe'))));
    await b.writer.append(event('end'));
    for (const node of nodes) {
      await node.follower.until('end');
      expect(node.follower.told.filter((name) => name !== 'probe')).toEqual(['first', 'break', 'end']);
      expectNoGap(node);
    }
    expectOneRecordAPosition(nodes);
  }, 30_000);
});

describe('a promoted replica that has lost acknowledged writes', () => {
  it('begins an epoch: the break is told to all, and no position names two records', async () => {
    const oldMaster = await startServer();
    const feed = await openDoor(oldMaster.port);
    const replica = await startReplicaOf(feed);
    // Both servers stand behind one address, as with a DNS name or a proxy that follows the master.
    const door = await openDoor(oldMaster.port);
    const nodes = [await startNode({ url: door.url }), await startNode({ url: door.url })];
    const [a, b] = nodes as [Node, Node];
    await a.writer.append(event('kept'));
    await until(async () => (await replica.command('XLEN', '{live-messages}:log')) === 2);
    feed.freeze();
    await a.writer.append(event('lost 1'));
    await a.writer.append(event('lost 2'));
    for (const { follower } of nodes) await follower.until('lost 2');
    await oldMaster.kill();
    await replica.command('REPLICAOF', 'NO', 'ONE');
    expect(await replica.command('XLEN', '{live-messages}:log')).toBe(2);
    door.lead(replica.port);
    await until(() => isDone(b.writer.append(event('new 1'))));
    await until(() => isDone(a.writer.append(event('new 1'))));
    await a.writer.append(event('new 2'));
    for (const node of nodes) {
      await node.follower.until('new 2');
      const told = node.follower.told.filter((name) => name !== 'new 1');
      expect(told).toEqual(['kept', 'lost 1', 'lost 2', 'break', 'new 2']);
      expectNoGap(node);
    }
    expectOneRecordAPosition(nodes);
  }, 30_000);

  it('is noticed on the same server too, by the positions alone', async () => {
    const server = await startServer();
    const [a, b] = [await startNode({ url: server.url }), await startNode({ url: server.url })];
    await a.writer.append(event('kept'));
    const keys = ['log', 'head'].map((name) => `{live-messages}:${name}`);
    for (const key of keys) await server.command('COPY', key, `${key}-before`);
    await a.writer.append(event('lost'));
    await b.follower.until('lost');
    // The server's own id stays, the last write goes.
    for (const key of keys) await server.command('COPY', `${key}-before`, key, 'REPLACE');
    await b.writer.append(event('new'));
    for (const node of [a, b]) {
      await node.follower.until('new');
      expect(node.follower.told).toEqual(['kept', 'lost', 'break', 'new']);
    }
    expectOneRecordAPosition([a, b]);
  });
});

it('a demoted master is left for the one that can write', async () => {
  const [oldMaster, replica] = await makePair();
  const door = await openDoor(oldMaster.port);
  const node = await startNode({ url: door.url });
  await node.writer.append(event('first'));
  await until(async () => (await replica.command('XLEN', '{live-messages}:log')) === 2);
  await replica.command('REPLICAOF', 'NO', 'ONE');
  await oldMaster.command('REPLICAOF', '127.0.0.1', replica.port);
  door.lead(replica.port);
  await until(() => isDone(node.writer.append(event('end'))));
  await node.follower.until('end');
  expect(node.follower.told).toEqual(['first', 'break', 'end']);
}, 30_000);

it('a follower whose server shows less than the log has goes to look anew', async () => {
  const [master, stale] = await makePair();
  await stale.command('REPLICAOF', 'NO', 'ONE');
  // The log's first connection is its writer's, the second its follower's.
  const door = await openDoor(master.port);
  door.lead((connection) => (connection === 1 ? stale.port : master.port));
  const node = await startNode({ url: door.url });
  await node.writer.append(event('first'));
  await node.writer.append(event('second'));
  await node.follower.until('second');
  expect(node.follower.told).toEqual(['first', 'second']);
});

describe('connections that are half open', () => {
  it('are given up, and nothing is lost or doubled', async () => {
    const server = await startServer();
    const door = await openDoor(server.port);
    const node = await startNode({ url: door.url });
    await node.writer.append(event('first'));
    await node.follower.until('first');
    door.freeze();
    await node.writer.append(event('second'));
    await node.writer.append(event('end'));
    await node.follower.until('end');
    expect(node.follower.told).toEqual(['first', 'second', 'end']);
  });
});

it('a server that takes connections and never says that it is ready is left', async () => {
  const [server, silent] = await Promise.all([startServer(), startServer()]);
  silent.pause();
  const door = await openDoor(silent.port);
  const log = redisEventLog({ url: door.url });
  logs.push(log);
  const batch = { writerId: 'w', number: 1, records: [event('a')] };
  await expect(log.append(batch)).rejects.toMatchObject({ outcome: 'refused' });
  door.lead(server.port);
  await until(() => isDone(log.append(batch)));
});

async function openDoor(port: number): Promise<Door> {
  const door = await Door.open(port);
  doors.push(door);
  return door;
}

async function makePair(): Promise<[RedisServer, RedisServer]> {
  const master = await startServer();
  return [master, await startReplicaOf(master)];
}

async function startSentinel(master: RedisServer): Promise<RedisServer> {
  const sentinel = await RedisServer.startSentinel(
    `monitor chat 127.0.0.1 ${master.port} 1`,
    'down-after-milliseconds chat 500',
    'failover-timeout chat 3000',
  );
  servers.push(sentinel);
  await until(async () => String(await sentinel.command('SENTINEL', 'REPLICAS', 'chat')).includes('slave'));
  return sentinel;
}
