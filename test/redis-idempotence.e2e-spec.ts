import { EventLog, redisEventLog } from './support/redis-log';
import { LogWriter } from '../src/log/log-writer';
import { Door } from './support/door';
import { LogRecorder, event } from './support/log-recorder';
import { RedisServer } from './support/redis-server';

let server: RedisServer;
let door: Door;
let log: EventLog;
let writer: LogWriter;
let follower: LogRecorder;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

beforeEach(async () => {
  await server.command('FLUSHALL');
  door = await Door.open(server.port);
  log = redisEventLog({ url: door.url });
  writer = new LogWriter(log, 5_000);
  follower = new LogRecorder();
});
afterEach(async () => {
  writer.close();
  await log.close();
  door.close();
});

const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);
const turn = () => new Promise(setImmediate);

it('keeps the order of emits that nobody awaits, however many come at once', async () => {
  await log.follow('now', follower);
  const names = namesOf(2_000);
  for (const [index, name] of names.entries()) {
    writer.append(event(name)).catch(() => undefined);
    if (index % 50 === 0) await turn();
  }
  await writer.append(event('end'));
  await follower.until('end');
  expect(follower.told).toEqual([...names, 'end']);
});

it('appends each record once, in order, while connections are killed under it', async () => {
  await log.follow('now', follower);
  const names = namesOf(1_000);
  const outcomes: Promise<unknown>[] = [];
  for (const [index, name] of names.entries()) {
    outcomes.push(writer.append(event(name)));
    if (index % 10 === 0) await turn();
    if (index % 100 === 50) await server.command('CLIENT', 'KILL', 'TYPE', 'normal').catch(() => undefined);
    if (index % 100 === 75) door.cut();
  }
  await Promise.all(outcomes);
  await follower.until('n999');
  expect(follower.told).toEqual(names);
}, 20_000);

it('answers a batch whose answer was lost with the place that it has', async () => {
  const batch = { writerId: 'w', number: 1, records: [event('a'), event('b')] };
  const positions = await log.append(batch);
  // Its connection falls silent after the script has run: the answer never comes.
  door.freeze();
  await expect(log.append(batch)).rejects.not.toHaveProperty('outcome');
  expect(await log.append(batch)).toEqual(positions);
  expect(await server.command('XLEN', '{live-messages}:log')).toBe(3);
});

it('never calls a batch refused that was sent and not answered, while Redis is away', async () => {
  const batch = { writerId: 'w', number: 1, records: [event('a')] };
  await log.append({ writerId: 'w', number: 0, records: [] });
  door.freeze();
  await expect(log.append(batch)).rejects.not.toHaveProperty('outcome');
  door.lead(1);
  door.cut();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect(log.append(batch)).rejects.not.toHaveProperty('outcome');
  }
  await expect(log.append({ ...batch, writerId: 'other' })).rejects.toMatchObject({ outcome: 'refused' });
  door.lead(server.port);
  const accepted = async () => log.append(batch).catch(() => undefined);
  while ((await accepted()) === undefined) await turn();
  expect(await server.command('XLEN', '{live-messages}:log')).toBe(2);
});

it('appends nothing of a lower number, even when the log has begun anew meanwhile', async () => {
  const batch = { writerId: 'w', number: 2, records: [event('a')] };
  await log.append(batch);
  await server.command('HSET', '{live-messages}:head', 'run', 'another');
  await expect(log.append({ ...batch, number: 1 })).rejects.not.toHaveProperty('outcome');
  expect(await server.command('XLEN', '{live-messages}:log')).toBe(2);
});

it('begins an epoch above what somebody else has written, and takes the batch', async () => {
  await log.append({ writerId: 'w', number: 1, records: [event('a')] });
  await server.command('XADD', '{live-messages}:log', '9999999999999-7', 'some', 'thing');
  const batch = { writerId: 'w', number: 2, records: [event('b'), event('c')] };
  const positions = await log.append(batch);
  expect(positions).toEqual([1, 2].map((seq) => ({ epoch: 10_000_000_000_000, seq })));
  expect(await log.append(batch)).toEqual(positions);
  expect(await log.read('oldest', 10)).toMatchObject({ records: [{}, {}], head: positions[1] });
});

it('knows a script that the server has forgotten', async () => {
  await log.append({ writerId: 'w', number: 1, records: [event('a')] });
  await server.command('SCRIPT', 'FLUSH');
  await expect(log.append({ writerId: 'w', number: 2, records: [event('b')] })).resolves.toHaveLength(1);
});

it('keeps what a writer last did for an hour', async () => {
  await log.append({ writerId: 'w', number: 1, records: [event('a')] });
  expect(await server.command('TTL', '{live-messages}:writer:w')).toBeGreaterThan(3_590);
});

it('trims what is older than it may be, and says so to whom it concerns', async () => {
  const brief = redisEventLog({ url: server.url, maxMs: 1_000 });
  const reader = redisEventLog({ url: server.url });
  await brief.follow('now', follower);
  const [first] = await log.append({ writerId: 'w', number: 1, records: namesOf(500).map(event) });
  for (let length = 501; length > 150; length = Number(await server.command('XLEN', '{live-messages}:log'))) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await reader.read(first!, 10)).toMatchObject({ kind: 'lost' });
  const oldest = await reader.read('oldest', 1_000);
  expect(oldest).toMatchObject({ kind: 'records', head: { seq: 500 } });
  await Promise.all([brief.close(), reader.close()]);
});
