import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventLog } from 'nestjs-live-messages';
import { RedisEventLogOptions, redisEventLog } from 'nestjs-live-messages/redis';
import { EVENT_LOG_CONFORMANCE } from 'nestjs-live-messages/testing';
import { eventually } from './support/eventually';
import { RecordingNode, attendance } from './support/presence-node';
import { RedisServer, startCluster } from './support/redis-server';
import { selfSigned } from './support/self-signed';

const DOCS = readFileSync(join(__dirname, '..', 'docs', 'redis.md'), 'utf8');

/** The line of docs/redis.md, as an operator copies it. */
const ACL = /^ACL (SETUSER .*)$/m.exec(DOCS)![1]!.split(' ');

const CASES = EVENT_LOG_CONFORMANCE.map(({ name, run }) => [name, run] as const);

let servers: RedisServer[] = [];
const logs: EventLog[] = [];
const errors: string[] = [];
const onError = (message: string, error: Error) => errors.push(`${message}: ${error.message}`);

afterAll(async () => {
  await Promise.all(logs.map((log) => log.close()));
  await Promise.all(servers.map((server) => server.stop()));
});
function open(options: RedisEventLogOptions): EventLog {
  const log = redisEventLog(options);
  logs.push(log);
  return log;
}

beforeEach(() => (errors.length = 0));

describe('a user who may do what the docs list', () => {
  let server: RedisServer;
  let cluster: RedisServer;
  beforeAll(async () => {
    [server, cluster] = await Promise.all([RedisServer.start(), startCluster()]);
    servers = [server, cluster];
    await server.command('ACL', ...ACL);
    await cluster.command('ACL', ...ACL, '+cluster|slots', '+cluster|info');
  });

  it.each(CASES)('is enough: %s', async (_, run) => {
    await run(() => redisEventLog({ url: `redis://live:password@127.0.0.1:${server.port}`, onError }));
    expect(errors).toEqual([]);
  });

  it('is enough in a Cluster', async () => {
    const nodes = [{ host: '127.0.0.1', port: cluster.port }];
    const redisOptions = { username: 'live', password: 'password' };
    for (const [, run] of CASES) {
      await run(() => redisEventLog({ cluster: { nodes, options: { redisOptions } }, onError }));
    }
    expect(errors).toEqual([]);
  });

  it('is enough to know who is online', async () => {
    const log = open({ url: `redis://live:password@127.0.0.1:${server.port}`, onError });
    const node = new RecordingNode('one');
    const rules = { graceMs: 0, connectionsPerUser: 1 };
    const [ann, ben, older] = [attendance('ann'), attendance('ben'), attendance('ben', { connectedAt: 0 })];
    for (const one of [ann, ben, older]) node.present.add(one);
    const session = log.presence().join(node, rules);
    await eventually(() => expect(node.news).toEqual(['+ann', '+ben']));
    expect(node.excess).toHaveLength(1);
    node.present.delete(ann);
    session.gone(ann);
    // A lease has to pass before anybody is said to be gone; a node of another life is taken off with it.
    await server.command('ZADD', '{live-messages}:nodes', '0', 'another-1');
    await server.command('HSET', '{live-messages}:node:another-1', 'cid', '1');
    await server.command('ZADD', '{live-messages}:user:cid', '0', 'another-1 1 9e15');
    await eventually(() => expect(node.news).toContain('-ann'), 25_000);
    await eventually(async () => expect(await server.command('EXISTS', '{live-messages}:user:cid')).toBe(0));
    expect([await log.presence().count(), await log.presence().areOnline(['ben'])]).toEqual([1, [true]]);
    await session.leave();
    expect(errors).toEqual([]);
  }, 40_000);

  it('is not more than enough: each of the commands is used', async () => {
    const used = String(await server.command('INFO', 'commandstats'));
    const listed = ACL.filter((word) => word.startsWith('+')).map((word) => word.slice(1));
    // Trimming waits for the history to pass; it has a test of its own.
    const unused = listed.filter((name) => name !== 'xtrim' && !used.includes(`cmdstat_${name}:`));
    expect(unused).toEqual([]);
  });
});

it('speaks TLS, and refuses a certificate that nobody vouches for', async () => {
  const { key, cert } = selfSigned();
  const server = await RedisServer.prepare();
  servers.push(server);
  const files = { key: join(server.dir, 'key.pem'), cert: join(server.dir, 'cert.pem') };
  writeFileSync(files.key, key);
  writeFileSync(files.cert, cert);
  const tls = await RedisServer.start(
    ...['--tls-cert-file', files.cert, '--tls-key-file', files.key, '--tls-auth-clients', 'no'],
    ...['--tls-port', String(server.port)],
  );
  servers.push(tls);
  const url = `rediss://127.0.0.1:${server.port}`;
  const trusting = open({
    url,
    options: { tls: { ca: cert, checkServerIdentity: () => undefined } },
    onError,
  });
  await expect(trusting.append({ writerId: 'w', number: 1, records: [] })).resolves.toEqual([]);
  expect(errors).toEqual([]);
  const wary = open({ url, onError });
  await expect(wary.append({ writerId: 'w', number: 1, records: [] })).rejects.toMatchObject({
    outcome: 'refused',
  });
  expect(errors[0]).toMatch(/self-signed certificate|unable to verify/);
});
