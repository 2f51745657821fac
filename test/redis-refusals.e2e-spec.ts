import { EventLog, redisEventLog } from './support/redis-log';
import { toTopic } from '../src/log/audience';
import { LogWriter } from '../src/log/log-writer';
import { RefusalRecord } from '../src/log/records';
import { LogRecorder, event } from './support/log-recorder';
import { RedisServer } from './support/redis-server';

const LOG = '{live-messages}:log';
const HEAD = '{live-messages}:head';
const FLEETING = '{live-messages}:fleeting';

let server: RedisServer;
let log: EventLog;
let writer: LogWriter;
let follower: LogRecorder;
let errors: string[];

beforeAll(async () => {
  server = await RedisServer.start('--enable-debug-command', 'yes');
});
afterAll(() => server.stop());

beforeEach(async () => {
  await server.command('FLUSHALL');
  errors = [];
  log = redisEventLog({ url: server.url }, (message, error) => errors.push(`${message}: ${error.message}`));
  writer = new LogWriter(log, 1_500);
  follower = new LogRecorder();
  await log.follow('now', follower);
  await writer.append(event('first'));
  await follower.until('first');
});
afterEach(async () => {
  writer.close();
  await log.close();
});

describe('memory full', () => {
  it('refuses at once, leaves no trace of the batch, and takes the next once there is room', async () => {
    await server.command('CONFIG', 'SET', 'maxmemory', '1mb', 'maxmemory-policy', 'noeviction');
    const refused = [writer.append(event('a')), writer.append(event('b'))];
    for (const append of refused) {
      await expect(append).rejects.toMatchObject({
        outcome: 'refused',
        why: expect.stringMatching(/^OOM/) as string,
      });
    }
    await server.command('CONFIG', 'SET', 'maxmemory', 0);
    await writer.append(event('end'));
    await follower.until('end');
    expect(follower.told).toEqual(['first', 'end']);
    expect(follower.records[1]!.position.seq).toBe(2);
  });

  it('does not disturb those who follow', async () => {
    await server.command('CONFIG', 'SET', 'maxmemory', '1mb');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(follower.told).toEqual(['first']);
    expect(errors).toEqual([]);
    await server.command('CONFIG', 'SET', 'maxmemory', 0);
  });
});

describe.each([
  ['the log', LOG],
  ['its head', HEAD],
])('a wrong type where %s should be', (_, key) => {
  it('refuses, says so, and goes on once it is gone', async () => {
    await server.command('SET', key, 'somebody else’s');
    await expect(writer.append(event('a'))).rejects.toMatchObject({
      outcome: 'refused',
      why: expect.stringMatching(/^WRONGTYPE/) as string,
    });
    while (!errors.some((line) => line.includes('WRONGTYPE'))) await new Promise(setImmediate);
    await server.command('DEL', key);
    await writer.append(event('end'));
    await follower.until('refusal');
    expect(follower.told.filter((name) => name !== 'break').toSorted()).toEqual(['end', 'first', 'refusal']);
  });
});

it('a wrong type in a writer’s key refuses its batches', async () => {
  const batch = { writerId: 'w', number: 1, records: [event('a')] };
  await server.command('RPUSH', '{live-messages}:writer:w', 'x');
  await expect(log.append(batch)).rejects.toMatchObject({ outcome: 'refused' });
  await server.command('SET', '{live-messages}:writer:w', 'rubbish');
  await expect(log.append(batch)).resolves.toHaveLength(1);
});

it('a wrong type where the fleeting stream should be refuses the whole of a batch with such a record', async () => {
  await server.command('SET', FLEETING, 'x');
  const typing = { ...event('t'), durable: false };
  await expect(log.append({ writerId: 'w', number: 1, records: [event('a'), typing] })).rejects.toMatchObject(
    {
      outcome: 'refused',
    },
  );
  await writer.append(event('end'));
  expect(await server.command('XLEN', LOG)).toBe(3);
});

describe('access denied', () => {
  it.each(['set', 'hset', 'xadd', 'info', 'hmget', 'get', 'evalsha', 'time'])(
    'to %s refuses, and leaves no trace of the batch',
    async (command) => {
      const batch = { writerId: 'w', number: 1, records: [event('a')] };
      const length = await server.command('XLEN', LOG);
      await server.command('ACL', 'SETUSER', 'default', `-${command}`);
      await expect(log.append(batch)).rejects.toMatchObject({ outcome: 'refused' });
      await server.command('ACL', 'SETUSER', 'default', `+${command}`);
      expect(await server.command('XLEN', LOG)).toBe(length);
      // Had its number been kept, it would be answered with a place where nothing is.
      await log.append(batch);
      await follower.until('a');
      expect(follower.told).toEqual(['first', 'a']);
    },
  );

  it('with a wrong password refuses, and neither error nor log line has it', async () => {
    const url = `redis://default:s3cret-word@127.0.0.1:${server.port}`;
    await server.command('ACL', 'SETUSER', 'default', 'resetpass', '>other');
    const lines: unknown[] = [];
    const locked = redisEventLog({ url }, (...line) => lines.push(line));
    const error: unknown = await locked
      .append({ writerId: 'w', number: 1, records: [event('a secret text')] })
      .catch((reason: unknown) => reason);
    await locked.close();
    await server.unlocked('other', 'ACL', 'SETUSER', 'default', 'nopass');
    expect(error).toMatchObject({ outcome: 'refused', why: expect.stringMatching(/^WRONGPASS/) as string });
    expect(lines.length).toBeGreaterThan(0);
    const { inspect } = await import('node:util');
    expect(inspect([error, lines], { depth: 20 })).not.toMatch(/s3cret-word|a secret text/);
  });
});

describe('a record that nobody can read', () => {
  const place = (steps: number) => {
    const { position } = follower.records[0]!;
    return `${position.epoch}-${position.seq + steps}`;
  };
  /** As a node of another release does, through the log's own head. */
  const put = async (...fields: string[]) => {
    await server.command('XADD', LOG, place(1), ...fields);
    await server.command('HINCRBY', HEAD, 'seq', 1);
  };
  const refused = () => (follower.records[1]!.body as RefusalRecord).audience.target;

  it.each<[string, string[]]>([
    ['is no JSON', ['r', '1 {\n']],
    ['is no object', ['r', '1 []\n']],
    ['is in another field', ['x', 'y']],
    ['is empty', ['r', '']],
    ['is of a newer version', ['r', '1 {"v":2,"k":"disconnect","userId":"ann"}\n']],
    ['is of an unknown kind', ['r', '1 {"v":1,"k":"poll"}\n']],
    ['has a kind that every object has', ['r', '1 {"v":1,"k":"constructor"}\n']],
    ['lacks a field', ['r', '1 {"v":1,"k":"disconnect"}\n']],
    ['has no audience', ['r', '1 {"v":1,"k":"event","type":"MESSAGE"}\n{}']],
    ['has a topic that is none', ['r', '1 {"v":1,"k":"event","type":"M","audience":{"topic":"x"}}\n{}']],
    ['should be fleeting', ['r', '1 {"v":1,"k":"event","type":"M","d":0,"audience":{"all":1}}\n{}']],
    ['is not UTF-8', ['r', '1 \ud800\n']],
  ])('because it %s is a refusal for everyone, at its place', async (_, fields) => {
    await put(...fields);
    await writer.append(event('end'));
    await follower.until('end');
    expect(follower.told).toEqual(['first', 'refusal', 'end']);
    expect(refused()).toEqual({ kind: 'everyone' });
    expect(errors).toHaveLength(1);
  });

  it('of an unknown kind for an audience is a refusal for that audience', async () => {
    await put('r', '1 {"v":1,"k":"poll","audience":{"topic":"CHANNEL:a"}}\n{}');
    await follower.until('refusal');
    expect(refused()).toEqual(toTopic('CHANNEL', 'a').target);
  });

  it('that somebody has added beside the log is told as a break, and the log goes on above it', async () => {
    await server.command('XADD', LOG, '*', 'some', 'thing');
    await follower.until('break');
    await writer.append(event('end'));
    await follower.until('end');
    expect(follower.told.filter((name) => name !== 'break')).toEqual(['first', 'end']);
    const [last] = follower.records.slice(-1);
    expect(last!.position.epoch).toBeGreaterThan(follower.breaks[0]!.epoch);
  });

  it('that was removed is told as a break', async () => {
    const following = new LogRecorder();
    await writer.append(event('second'));
    await writer.append(event('third'));
    await server.command('XDEL', LOG, place(1));
    await log.follow(follower.records[0]!.position, following);
    await following.until('break');
    await writer.append(event('end'));
    await following.until('end');
    expect(following.told).toEqual(['break', 'end']);
  });
});
