import { Attendance, PresenceRules, PresenceSession, PresenceStore } from 'nestjs-live-messages';
import { RecordingNode, attendance } from './support/presence-node';
import { redisEventLog } from './support/redis-log';
import { RedisServer } from './support/redis-server';
import { eventually } from './support/eventually';
import { Proxy } from './faults/proxy';

const RULES: PresenceRules = { graceMs: 150, connectionsPerUser: 20 };

/** As in test/support/redis-log.ts. */
const LEASE_MS = 800;
const BEAT_MS = 100;

/** Longer than it takes everyone to come back to a Redis that was gone, as it is by default. */
const LONG = { leaseMs: 3 * LEASE_MS };

jest.setTimeout(30_000);

let server: RedisServer;
let nodes: Member[];

/** A node with a log of its own, and its part in who is online. */
class Member {
  readonly errors: string[] = [];
  readonly log: ReturnType<typeof redisEventLog>;
  readonly store: PresenceStore;
  readonly node: RecordingNode;
  readonly session: PresenceSession;

  constructor(
    id: string,
    rules = RULES,
    present: readonly Attendance[] = [],
    { url = server.url, leaseMs = LEASE_MS, beatMs = BEAT_MS } = {},
  ) {
    this.log = redisEventLog({ url }, (_, error) => this.errors.push(error.message), {
      leaseMs,
      beatMs,
    });
    this.store = this.log.presence();
    this.node = new RecordingNode(id);
    for (const one of present) this.node.present.add(one);
    this.session = this.store.join(this.node, rules);
    nodes.push(this);
  }

  come(userId: string, more?: Partial<Attendance>): Attendance {
    const one = attendance(userId, more);
    this.node.present.add(one);
    this.session.came(one);
    return one;
  }

  go(one: Attendance): void {
    this.node.present.delete(one);
    this.session.gone(one);
  }

  /** Says nothing any more, like a process that was killed. */
  async die(): Promise<void> {
    await this.log.close();
  }

  async online(...userIds: string[]): Promise<string[]> {
    const answers = await this.store.areOnline(userIds);
    return userIds.filter((_, index) => answers[index]);
  }
}

const news = () => nodes.flatMap(({ node }) => node.news);
const newsOf = (userId: string) => news().filter((one) => one.slice(1) === userId);

/** Everybody has joined, and a whole lease has passed, so that they may say who is gone. */
const steady = (leaseMs = LEASE_MS) => new Promise((resolve) => setTimeout(resolve, leaseMs * 1.25));

beforeEach(async () => {
  nodes = [];
  server = await RedisServer.start();
});
afterEach(async () => {
  server.resume();
  await Promise.all(nodes.map(({ session }) => session.leave()));
  await Promise.all(nodes.map(({ log }) => log.close()));
  await server.stop();
});

it('a user is online from his first connection on any node until the grace after his last', async () => {
  const [one, two] = [new Member('one'), new Member('two')];
  const first = one.come('ann');
  await eventually(async () => expect(await two.online('ann', 'ben')).toEqual(['ann']));
  const second = two.come('ann');
  await eventually(() => expect(two.node.load).toEqual({ own: 1, all: 2, nodes: 2 }));
  await steady();
  one.go(first);
  await eventually(() => expect(one.node.load?.own).toBe(0));
  expect(await one.store.count()).toBe(1);
  two.go(second);
  await eventually(async () => expect(await one.online('ann')).toEqual([]));
  expect(await one.store.count()).toBe(0);
  await eventually(() => expect(newsOf('ann')).toEqual(['+ann', '-ann']));
});

it('who comes back within the grace, on another node, is no news', async () => {
  const [one, two] = [new Member('one', { ...RULES, graceMs: 60_000 }), new Member('two')];
  const first = one.come('ann');
  await eventually(() => expect(newsOf('ann')).toEqual(['+ann']));
  one.go(first);
  await eventually(() => expect(one.node.load?.own).toBe(0));
  expect(await two.online('ann')).toEqual(['ann']);
  two.come('ann');
  await steady();
  expect(newsOf('ann')).toEqual(['+ann']);
  expect(await two.online('ann')).toEqual(['ann']);
});

it('who came and went before anybody could be told is no news', async () => {
  const one = new Member('one');
  one.come('ann');
  await eventually(() => expect(newsOf('ann')).toEqual(['+ann']));
  one.go(one.come('ben'));
  one.come('cid');
  await eventually(() => expect(newsOf('cid')).toEqual(['+cid']));
  expect(newsOf('ben')).toEqual([]);
});

it('the users of a node that dies are gone, each announced once, but for those who are elsewhere', async () => {
  const users = Array.from({ length: 1_300 }, (_, index) => `user ${index}`);
  const dying = new Member(
    'dying',
    RULES,
    users.map((user) => attendance(user)),
  );
  const [two, three] = [new Member('two'), new Member('three')];
  two.come('user 7');
  await eventually(async () => expect(await two.store.count()).toBe(1_300));
  await eventually(() => expect(news()).toHaveLength(1_300));
  await steady();
  await dying.die();
  await eventually(async () => expect(await three.store.count()).toBe(1), 20_000);
  await eventually(() => expect(news()).toHaveLength(1_300 + 1_299));
  const gone = [...two.node.news, ...three.node.news].filter((one) => one.startsWith('-'));
  expect(new Set(gone).size).toBe(1_299);
  expect(gone).not.toContain('-user 7');
  expect(await three.online('user 7', 'user 8')).toEqual(['user 7']);
});

it('who leaves while a node that he was on before is dead unnoticed has his grace all the same', async () => {
  const one = new Member('one', { ...RULES, graceMs: 60_000 });
  const ann = one.come('ann');
  await eventually(() => expect(newsOf('ann')).toEqual(['+ann']));
  await server.command('ZADD', '{live-messages}:user:ann', '0', 'dead-1 1 9e15');
  await server.command('HSET', '{live-messages}:node:dead-1', 'ann', '1');
  one.go(ann);
  await eventually(() => expect(one.node.load?.own).toBe(0));
  await server.command('ZADD', '{live-messages}:dead', '0', 'dead-1 0');
  await eventually(async () => expect(await server.command('EXISTS', '{live-messages}:node:dead-1')).toBe(0));
  await steady();
  expect(await one.online('ann')).toEqual(['ann']);
  expect(newsOf('ann')).toEqual(['+ann']);
});

it('a Redis that hangs for longer than a lease announces nobody', async () => {
  const [one, two] = [new Member('one'), new Member('two')];
  one.come('ann');
  two.come('ben');
  await eventually(() => expect([...news()].sort()).toEqual(['+ann', '+ben']));
  await steady();
  server.pause();
  await new Promise((resolve) => setTimeout(resolve, 3 * LEASE_MS));
  server.resume();
  await eventually(async () => expect(await one.online('ann', 'ben')).toEqual(['ann', 'ben']));
  await steady();
  await steady();
  expect(news()).toHaveLength(2);
  expect(await two.online('ann', 'ben')).toEqual(['ann', 'ben']);
});

it('a Redis that nobody can reach for longer than a lease announces nobody', async () => {
  const proxy = await Proxy.to(server.port);
  const where = { url: proxy.url, ...LONG };
  const [one, two, three] = ['one', 'two', 'three'].map((id) => new Member(id, RULES, [], where));
  one!.come('ann');
  two!.come('ben');
  three!.come('cid');
  await eventually(() => expect([...news()].sort()).toEqual(['+ann', '+ben', '+cid']));
  await steady(LONG.leaseMs);
  proxy.cut();
  await new Promise((resolve) => setTimeout(resolve, 5 * LEASE_MS));
  proxy.heal();
  await eventually(async () => expect(await one!.online('ann', 'ben', 'cid')).toHaveLength(3), 10_000);
  await steady(2 * LONG.leaseMs);
  expect(news()).toHaveLength(3);
  expect(await two!.online('ann', 'ben', 'cid')).toHaveLength(3);
  proxy.close();
});

it('a node keeps its lease however fast others come and go again', async () => {
  const one = new Member('one');
  one.come('ann');
  await eventually(() => expect(newsOf('ann')).toEqual(['+ann']));
  for (const end = performance.now() + 2 * LEASE_MS; performance.now() < end;) {
    one.go(one.come('ben'));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const [leaseEnd] = (await server.command('ZMSCORE', '{live-messages}:nodes', 'one-1')) as [string];
  expect(Number(leaseEnd)).toBeGreaterThan(Date.now());
});

it('a node that was taken for dead comes back, with all its users', async () => {
  const [one, two] = [new Member('one'), new Member('two')];
  one.come('ann');
  await eventually(() => expect(newsOf('ann')).toEqual(['+ann']));
  // As the others do with a node that has said nothing for a lease.
  await server.command('ZADD', '{live-messages}:nodes', 'XX', '0', 'one-1');
  await server.command('ZREM', '{live-messages}:nodes', 'one-1');
  await server.command('ZADD', '{live-messages}:dead', '0', 'one-1 0');
  await eventually(async () => expect(await two.online('ann')).toEqual(['ann']));
  await eventually(async () =>
    expect(await server.command('ZRANGE', '{live-messages}:nodes', '0', '-1')).toContain('one-2'),
  );
  await steady();
  await eventually(async () => expect(await server.command('EXISTS', '{live-messages}:node:one-1')).toBe(0));
  expect(await two.online('ann')).toEqual(['ann']);
  expect(newsOf('ann')).not.toContain('-ann');
});

it.each<[how: string, lose: () => Promise<unknown>]>([
  ['is emptied', () => server.command('FLUSHALL')],
  ['is restarted empty', () => server.kill().then(() => (server.forgetData(), server.up()))],
  ['is restarted with its data', () => server.kill().then(() => server.up())],
])('everyone is there again after Redis %s, is no news, and everyone is told to look', async (_, lose) => {
  const [one, two] = [
    new Member('one', { ...RULES, connectionsPerUser: 2 }, [], LONG),
    new Member('two', RULES, [], LONG),
  ];
  one.come('ann');
  one.come('ann');
  two.come('ben');
  await eventually(() => expect([...news()].sort()).toEqual(['+ann', '+ben']));
  await steady(LONG.leaseMs);
  await lose();
  await eventually(async () => expect(await one.online('ann', 'ben')).toEqual(['ann', 'ben']), 10_000);
  await eventually(() => expect(news()).toContain('*'), 10_000);
  await steady(LONG.leaseMs);
  await eventually(() => expect(two.node.load).toEqual({ own: 1, all: 3, nodes: 2 }));
  expect(
    news()
      .filter((item) => item !== '*')
      .sort(),
  ).toEqual(['+ann', '+ben']);
  expect(await two.store.count()).toBe(2);
  expect(one.node.excess).toEqual([]);
});

it('while the nodes come back after Redis was emptied, none takes itself for the only one', async () => {
  const [one, two] = [new Member('one'), new Member('two', RULES, [], { beatMs: 350 })];
  one.come('ann');
  two.come('ben');
  const whole = { own: 1, all: 2, nodes: 2 };
  await eventually(() => {
    for (const { node } of [one, two]) expect(node.load).toEqual(whole);
  });
  await server.command('FLUSHALL');
  one.node.loads.length = 0;
  await eventually(async () =>
    expect(await server.command('ZRANGE', '{live-messages}:nodes', '0', '-1')).toEqual(['one-2', 'two-2']),
  );
  const told = one.node.loads.length;
  await eventually(() => expect(one.node.loads.length).toBeGreaterThan(told));
  expect(one.node.loads).toEqual(one.node.loads.map(() => whole));
});

it('a Redis that was gone for longer than a lease, and has its data still, announces nobody', async () => {
  const [one, two] = [new Member('one', RULES, [], LONG), new Member('two', RULES, [], LONG)];
  one.come('ann');
  two.come('ben');
  await eventually(() => expect([...news()].sort()).toEqual(['+ann', '+ben']));
  await steady(LONG.leaseMs);
  await server.kill();
  await steady(LONG.leaseMs);
  await server.up();
  await eventually(async () => expect(await one.online('ann', 'ben')).toEqual(['ann', 'ben']), 10_000);
  await eventually(() => expect(news()).toContain('*'), 10_000);
  await steady(LONG.leaseMs);
  expect(news().filter((item) => item.startsWith('-'))).toEqual([]);
});

it('nobody stays who went while it was not known whether he had been taken in', async () => {
  const one = new Member('one');
  const ann = one.come('ann');
  await eventually(() => expect(newsOf('ann')).toEqual(['+ann']));
  server.pause();
  const ben = one.come('ben');
  await eventually(() => expect(one.errors).toContain('no answer within 1000 ms'));
  one.go(ben);
  one.go(ann);
  server.resume();
  // It has taken in what it got before it hung.
  await eventually(async () => expect(await one.store.count()).toBe(0), 10_000);
  for (const user of ['ann', 'ben']) {
    expect(await server.command('EXISTS', `{live-messages}:user:${user}`)).toBe(0);
  }
});

it('a store that is not there yet is joined when it is', async () => {
  await server.kill();
  const one = new Member('one');
  one.come('ann');
  await expect(one.store.areOnline(['ann'])).rejects.toMatchObject({ outcome: 'refused' });
  await expect(one.store.count()).rejects.toMatchObject({ name: 'LogUnavailableError' });
  await server.up();
  await eventually(async () => expect(await one.online('ann')).toEqual(['ann']), 10_000);
  await eventually(() => expect(newsOf('ann')).toEqual(['+ann']));
});

it('what could not be announced is announced later', async () => {
  const one = new Member('one');
  one.node.failures = 1;
  one.come('ann');
  await eventually(() => expect(one.node.failures).toBe(0));
  expect(newsOf('ann')).toEqual([]);
  // It would come again after 15 s.
  await server.command('ZADD', '{live-messages}:news', 'XX', '0', '+ann');
  await eventually(() => expect(newsOf('ann')).toEqual(['+ann']));
  await eventually(async () => expect(await server.command('EXISTS', '{live-messages}:news')).toBe(0));
});

it('many changes are announced together: each announcement may wait for its turn', async () => {
  const users = Array.from({ length: 3_000 }, (_, index) => attendance(`user ${index}`));
  const one = new Member('one', RULES, users);
  one.node.announceMs = 500;
  await eventually(() => expect(news()).toHaveLength(3_000), 10_000);
  expect(one.node.announcements).toBeLessThanOrEqual(3);
});

it('a node that stops says so: its users have their grace, and no lease', async () => {
  const [one, two] = [new Member('one', { ...RULES, graceMs: 60_000 }), new Member('two')];
  const ann = one.come('ann');
  one.come('ben');
  await eventually(() => expect([...news()].sort()).toEqual(['+ann', '+ben']));
  one.go(ann);
  await one.session.leave();
  expect(await server.command('ZRANGE', '{live-messages}:nodes', '0', '-1')).toEqual(['two-1']);
  expect(await two.online('ann', 'ben')).toEqual(['ann', 'ben']);
});

describe('the limit of connections per user', () => {
  const two = { ...RULES, connectionsPerUser: 2 };
  const since = (ms: number) => ({ connectedAt: Date.now() - ms });

  it('names the oldest, wherever they are', async () => {
    const [here, there] = [new Member('here', two), new Member('there', two)];
    const oldest = there.come('ann', since(9_000));
    const next = here.come('ann', since(8_000));
    await eventually(() => expect(here.node.load?.all).toBe(2));
    expect([...here.node.excess, ...there.node.excess]).toEqual([]);
    here.come('ann', since(7_000));
    const excess = [{ userId: 'ann', node: 'there', serials: [oldest.serial] }];
    await eventually(() => expect(here.node.excess).toEqual(excess));
    there.go(oldest);
    await eventually(() => expect(here.node.load?.all).toBe(2));
    there.come('ann');
    const more = [{ userId: 'ann', node: 'here', serials: [next.serial] }];
    await eventually(() => expect(there.node.excess).toEqual(more));
  });

  it('does not count who is being replaced by his own client', async () => {
    const [here, there] = [new Member('here', two), new Member('there', two)];
    there.come('ann', { ...since(9_000), replacedFrom: Date.now() - 1_000 });
    there.come('ann', since(8_000));
    await eventually(() => expect(there.node.load?.all).toBe(2));
    here.come('ann');
    await eventually(() => expect(here.node.load?.all).toBe(3));
    expect([...here.node.excess, ...there.node.excess]).toEqual([]);
  });

  it('does not count what was on a node that is dead', async () => {
    const dead = new Member('dead', two, [attendance('ann', since(9_000)), attendance('ann', since(8_000))]);
    await eventually(() => expect(dead.node.load?.own).toBe(2));
    await eventually(async () => expect(await dead.store.count()).toBe(1));
    await dead.die();
    await steady();
    const here = new Member('here', two);
    here.come('ann');
    await eventually(() => expect(here.node.load?.own).toBe(1));
    expect(here.node.excess).toEqual([]);
  });

  it('names all of them, however many users have too many', async () => {
    const users = Array.from({ length: 500 }, (_, index) => `user ${index}`);
    const many = users.flatMap((user) => Array.from({ length: 10 }, () => attendance(user, since(9_000))));
    new Member('there', RULES, many);
    await eventually(async () =>
      expect(await server.command('ZCARD', '{live-messages}:user:user 499')).toBe(10),
    );
    const here = new Member(
      'here',
      { ...RULES, connectionsPerUser: 1 },
      users.map((user) => attendance(user)),
    );
    await eventually(() => expect(here.node.excess.flatMap(({ serials }) => serials)).toHaveLength(5_000));
    expect(here.errors).toEqual([]);
  });
});
