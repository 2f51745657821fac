import fc from 'fast-check';
import { Connection } from '../src/hub/connection';
import { ConnectionRegistry } from '../src/hub/connection-registry';
import { Hub } from '../src/hub/hub';
import { LiveUsers } from '../src/hub/live-users';
import { Place } from '../src/hub/window';
import { Audience, toEveryone, toTopic, toUsers } from '../src/log/audience';
import { LogFollower, LogSubscription } from '../src/log/event-log';
import { MemoryEventLog } from '../src/log/memory-event-log';
import { Position } from '../src/log/position';
import { EventRecord, LogRecord, MembershipRecord, NewRecord } from '../src/log/records';
import { MembershipReader } from '../src/memberships/membership-reader';
import { Topic, topic } from '../src/protocol/topic';
import { GREETING } from '../src/protocol/wire';
import { FakeSocket } from './support/fake-connection';
import { HUB_OPTIONS } from './support/hub-options';

const USERS = ['ann', 'bob', 'cid'];
const TOPICS = [topic('CHANNEL', 'a'), topic('CHANNEL', 'b')];
const GREETING_FRAME = JSON.stringify(GREETING);
const MOST_CALLS = 2;
const durable = true;

/** A log whose records reach its follower when the test says so. */
class TickedLog extends MemoryEventLog {
  private readonly waiting: LogRecord[] = [];
  private follower: LogFollower | undefined;
  private batches = 0;

  override follow(after: Position | 'now', follower: LogFollower): Promise<LogSubscription> {
    this.follower = follower;
    const onRecords = (records: readonly LogRecord[]) => void this.waiting.push(...records);
    return super.follow(after, { onRecords, onBreak: (next) => follower.onBreak(next) });
  }

  add(body: NewRecord): void {
    this.batches += 1;
    void this.append({ writerId: 'test', number: this.batches, records: [body] });
  }

  async tick(count: number): Promise<readonly LogRecord[]> {
    await new Promise((resolve) => setImmediate(resolve));
    const records = this.waiting.splice(0, count);
    if (records.length > 0) this.follower!.onRecords(records);
    return records;
  }
}

interface Call {
  readonly userId: string;
  readonly session: object;
  readonly askedAt: number;
  readonly resolve: (topics: Topic[]) => void;
  readonly reject: (error: Error) => void;
}

/** What the model expects of one connection. */
interface Expected {
  readonly userId: string;
  readonly connection: Connection;
  readonly socket: FakeSocket;
  readonly tookPlaceAt: number;
  readonly frames: string[];
  /** The place it is behind; undefined while it is live. */
  behind: number | undefined;
  isNew: boolean;
  closed: 'disconnected' | 'tryAgainLater' | 'left' | undefined;
}

/** A user while he is connected. */
interface Session {
  known: Set<Topic>;
  changedAt: number;
}

/** PROTOCOL.md, naively: the whole log is kept, and read again whenever something is to be decided. */
class Model {
  readonly log: LogRecord[] = [];
  readonly sessions = new Map<string, Session>();
  readonly connections: Expected[] = [];

  get head(): number {
    return this.log.length;
  }

  open(userId?: string): Expected[] {
    return this.connections.filter((each) => !each.closed && (userId ?? each.userId) === each.userId);
  }

  apply(record: LogRecord): void {
    this.log.push(record);
    const { body } = record;
    if (body.kind === 'event') {
      for (const each of this.open()) if (each.behind === undefined) this.deliver(each, body);
    } else if (body.kind === 'disconnect') {
      for (const each of this.open(body.userId)) this.close(each, 'disconnected');
    } else if (body.kind === 'membership') {
      for (const [userId, session] of this.sessions) this.applyTo(session, userId, body);
    }
  }

  answered({ userId, session, askedAt }: Call, answer: readonly Topic[] | undefined): void {
    const current = this.sessions.get(userId);
    if (!current || current !== session || current.changedAt > askedAt) return;
    if (answer) current.known = new Set(TOPICS.filter((key) => this.holds(userId, key, answer, askedAt)));
    for (const each of this.open(userId).filter(({ behind }) => behind !== undefined)) {
      if (!answer && each.isNew) this.close(each, 'tryAgainLater');
      else this.catchUp(each);
    }
  }

  close(each: Expected, why: Expected['closed']): void {
    each.closed = why;
    if (this.open(each.userId).length === 0) this.sessions.delete(each.userId);
  }

  /** Whether the last word of the log about a user and a topic, before a place, is that he is not in it. */
  bars(userId: string, key: Topic, place: number): boolean {
    const last = this.words(userId, key, place).at(-1)?.change;
    return last === 'left' || last === 'closed';
  }

  /** The host's answer, and what the log has said since the last `changed` that the answer knows of. */
  private holds(userId: string, key: Topic, answer: readonly Topic[], askedAt: number): boolean {
    const known = this.words(userId, key, askedAt + 1).findLastIndex(({ change }) => change === 'changed');
    const last = this.words(userId, key, Infinity)
      .slice(known + 1)
      .findLast(({ change }) => change !== 'changed');
    return last ? last.change === 'joined' : answer.includes(key);
  }

  private words(userId: string, key: Topic, before: number): MembershipRecord[] {
    return this.log
      .slice(0, Math.max(0, Math.min(before - 1, this.log.length)))
      .map(({ body }) => body)
      .filter((body) => body.kind === 'membership')
      .filter((body) => body.change === 'closed' || body.userIds.includes(userId))
      .filter((body) => body.change === 'changed' || body.topic === key);
  }

  private applyTo(session: Session, userId: string, body: MembershipRecord): void {
    if (body.change !== 'closed' && !body.userIds.includes(userId)) return;
    if (body.change === 'joined') session.known.add(body.topic);
    else if (body.change !== 'changed') session.known.delete(body.topic);
    else {
      session.changedAt = this.head;
      for (const each of this.open(userId)) each.behind ??= this.head;
    }
  }

  private catchUp(each: Expected): void {
    const missed = this.log.slice(each.behind);
    if (missed.some(({ body }) => body.kind === 'disconnect' && body.userId === each.userId)) {
      return this.close(each, 'disconnected');
    }
    if (each.isNew) each.frames.push(GREETING_FRAME);
    for (const { body, position } of missed) {
      if (body.kind !== 'event') continue;
      const { target } = body.audience;
      if (target.kind !== 'topic' || !this.bars(each.userId, target.topic, position.seq))
        this.deliver(each, body);
    }
    each.behind = undefined;
    each.isNew = false;
  }

  private deliver({ userId, frames }: Expected, { audience, json }: EventRecord): void {
    const { target, excepted } = audience;
    const { known } = this.sessions.get(userId)!;
    const isIn =
      target.kind === 'everyone' ||
      (target.kind === 'users' ? target.userIds.includes(userId) : known.has(target.topic));
    if (isIn && !excepted.has(userId)) frames.push(json);
  }
}

/** The real hub, with a host, clients and a log that do what the test says. */
class World {
  readonly log = new TickedLog();
  readonly calls: Call[] = [];
  readonly upgrades: { userId: string; place: Place; at: number }[] = [];
  readonly reports: string[] = [];
  private readonly tables = new Map<string, Topic[][]>(USERS.map((userId) => [userId, [[]]]));
  private readonly users = new LiveUsers();
  private readonly hub: Hub;
  private emitted = 0;

  constructor(readonly model: Model) {
    const report = (line: string, error?: unknown) => void this.reports.push(`${line}: ${String(error)}`);
    const source = { topicsOf: (userId: string) => this.topicsOf(userId) };
    const reader = new MembershipReader(source, { concurrency: MOST_CALLS, timeoutMs: 60_000 });
    this.hub = new Hub(
      this.log,
      this.users,
      new ConnectionRegistry(this.users, report),
      reader,
      HUB_OPTIONS,
      report,
    );
  }

  start(): Promise<void> {
    return this.hub.start();
  }

  async stop(): Promise<void> {
    this.hub.stop();
    await this.log.close();
  }

  emit(audience: Audience): void {
    this.emitted += 1;
    this.log.add({ kind: 'event', type: 'X', json: `event ${this.emitted}`, audience, durable });
  }

  hostWrites(userId: string, topics: Topic[]): void {
    this.tables.get(userId)!.push(topics);
  }

  upgrade(userId: string): void {
    this.upgrades.push({ userId, place: this.hub.takePlace(), at: this.model.head });
  }

  abandon(index: number): void {
    this.hub.release(this.upgrades.splice(index, 1)[0]!.place);
  }

  register(index: number): void {
    const { userId, place, at } = this.upgrades.splice(index, 1)[0]!;
    const socket = new FakeSocket();
    if (!this.model.sessions.has(userId)) this.model.sessions.set(userId, { known: new Set(), changedAt: 0 });
    const connection = this.hub.register(socket, { userId }, place);
    const expected = { userId, connection, socket, tookPlaceAt: at, frames: [], behind: at, isNew: true };
    this.model.connections.push({ ...expected, closed: undefined });
  }

  async disconnect(each: Expected): Promise<void> {
    this.hub.forget(each.connection);
    this.model.close(each, 'left');
    await this.promises();
  }

  async tick(count: number): Promise<void> {
    for (const record of await this.log.tick(count)) this.model.apply(record);
    await this.promises();
  }

  /** @param lag how many of the host's last writes the answer does not know of; undefined: the host fails */
  async answer(index: number, lag: number | undefined): Promise<void> {
    const [call] = this.calls.splice(index, 1) as [Call];
    const versions = this.tables.get(call.userId)!;
    const answer = lag === undefined ? undefined : versions[Math.max(0, versions.length - 1 - lag)]!;
    if (answer) call.resolve(answer);
    else call.reject(new Error('no database'));
    this.model.answered(call, answer);
    await this.promises();
  }

  /** What must be held for somebody, or for nobody. */
  get held(): number {
    const { window, memberships } = this.hub as unknown as {
      window: { places: Set<unknown>; buffer: { size: number } };
      memberships: { index: { members: Map<unknown, unknown> } };
    };
    return (
      window.places.size + window.buffer.size + memberships.index.members.size + this.users.connectionCount
    );
  }

  private topicsOf(userId: string): Promise<Topic[]> {
    const session = this.model.sessions.get(userId)!;
    if (this.calls.some((call) => call.session === session))
      throw new Error('two calls for one user at once');
    if (this.calls.length >= MOST_CALLS) throw new Error('too many calls at once');
    return new Promise((resolve, reject) => {
      this.calls.push({ userId, session, askedAt: this.hub.head.seq, resolve, reject });
    });
  }

  /** Lets the promises of an answer run out, and nothing else. */
  private async promises(): Promise<void> {
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  }
}

/** One step, which is left out when there is nothing that it could be about. */
class Step implements fc.AsyncCommand<Model, World> {
  constructor(
    private readonly name: string,
    private readonly step: (world: World, model: Model) => unknown,
    private readonly isPossible: (world: World, model: Model) => boolean = () => true,
  ) {}

  check = () => true;

  async run(model: Model, world: World): Promise<void> {
    if (this.isPossible(world, model)) await this.step(world, model);
  }

  toString = () => this.name;
}

const membership = (change: MembershipRecord['change'], userIds: string[], key: Topic) =>
  ({ kind: 'membership', durable, change, userIds, topic: key }) as MembershipRecord;
const someone = fc.constantFrom(...USERS);
const some = fc.subarray(USERS, { minLength: 1 });
const key = fc.constantFrom(...TOPICS);
const audience = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b').map((id) => toTopic('CHANNEL', id)) },
  fc.tuple(fc.constantFrom('a', 'b'), some).map(([id, users]) => toTopic('CHANNEL', id).except(users)),
  some.map((users) => toUsers(users)),
  fc.constant(toEveryone()),
);
const pick = fc.nat({ max: 5 });

const steps = {
  emit: audience.map((to) => new Step(`emit ${JSON.stringify(to.target)}`, (world) => world.emit(to))),
  change: fc
    .tuple(fc.constantFrom('joined' as const, 'left' as const, 'changed' as const), some, key)
    .map(
      ([change, users, id]) =>
        new Step(`${change} ${users.join()} ${id}`, ({ log }) => log.add(membership(change, users, id))),
    ),
  closeTopic: key.map((id) => new Step(`closed ${id}`, ({ log }) => log.add(membership('closed', [], id)))),
  kick: someone.map(
    (userId) => new Step(`kick ${userId}`, ({ log }) => log.add({ kind: 'disconnect', userId, durable })),
  ),
  hostWrites: fc
    .tuple(someone, fc.subarray(TOPICS))
    .map(
      ([userId, topics]) =>
        new Step(`host: ${userId} in ${topics.join()}`, (world) => world.hostWrites(userId, topics)),
    ),
  upgrade: someone.map((userId) => new Step(`upgrade ${userId}`, (world) => world.upgrade(userId))),
  register: pick.map(
    (index) =>
      new Step(
        `register ${index}`,
        (world) => world.register(index % world.upgrades.length),
        ({ upgrades }) => upgrades.length > 0,
      ),
  ),
  abandon: pick.map(
    (index) =>
      new Step(
        `abandon ${index}`,
        (world) => world.abandon(index % world.upgrades.length),
        ({ upgrades }) => upgrades.length > 0,
      ),
  ),
  connect: someone.map(
    (userId) =>
      new Step(`connect ${userId}`, (world) => {
        world.upgrade(userId);
        world.register(world.upgrades.length - 1);
      }),
  ),
  disconnect: pick.map(
    (index) =>
      new Step(
        `disconnect ${index}`,
        (world, model) => world.disconnect(model.open()[index % model.open().length]!),
        (_, model) => model.open().length > 0,
      ),
  ),
  answer: fc.tuple(pick, fc.constantFrom(0, 0, 0, 1, 2, undefined)).map(
    ([index, lag]) =>
      new Step(
        `answer ${index} with lag ${lag}`,
        (world) => world.answer(index % world.calls.length, lag),
        ({ calls }) => calls.length > 0,
      ),
  ),
  tick: fc.constantFrom(1, 2, 1_000).map((count) => new Step(`tick ${count}`, (world) => world.tick(count))),
};

const commands = fc.commands(
  [
    ...Array<fc.Arbitrary<Step>>(4).fill(steps.emit),
    ...Array<fc.Arbitrary<Step>>(2).fill(steps.change),
    ...Array<fc.Arbitrary<Step>>(3).fill(steps.answer),
    ...Array<fc.Arbitrary<Step>>(3).fill(steps.tick),
    ...Array<fc.Arbitrary<Step>>(2).fill(steps.connect),
    ...[steps.closeTopic, steps.kick, steps.hostWrites, steps.hostWrites],
    ...[steps.upgrade, steps.register, steps.abandon, steps.disconnect],
  ],
  { maxCommands: 80, size: 'max' },
);

/** What holds by the log alone, whatever the host answered and the model says. */
function checkByTheLog(each: Expected, model: Model): void {
  const [greeting, ...events] = each.socket.texts;
  if (greeting !== undefined) expect(greeting).toBe(GREETING_FRAME);
  const records = model.log.filter(({ body }) => body.kind === 'event' && events.includes(body.json));
  expect(records.map(({ body }) => (body as EventRecord).json)).toEqual(events);
  const kick = model.log.find(
    ({ body, position }) =>
      body.kind === 'disconnect' && body.userId === each.userId && position.seq > each.tookPlaceAt,
  );
  for (const { body, position } of records) {
    const { audience: to } = body as EventRecord;
    expect(position.seq).toBeGreaterThan(each.tookPlaceAt);
    expect(to.excepted).not.toContain(each.userId);
    if (kick) expect(position.seq).toBeLessThan(kick.position.seq);
    if (to.target.kind === 'users') expect(to.target.userIds).toContain(each.userId);
    if (to.target.kind === 'topic')
      expect(model.bars(each.userId, to.target.topic, position.seq)).toBe(false);
  }
}

async function runToTheEnd(world: World): Promise<void> {
  await world.tick(Infinity);
  while (world.calls.length > 0) await world.answer(0, 0);
  world.emit(toEveryone());
  await world.tick(Infinity);
}

it('brings every connection exactly what PROTOCOL.md says, however everything interleaves', async () => {
  const property = fc.asyncProperty(commands, async (steps) => {
    const model = new Model();
    const world = new World(model);
    await world.start();
    await fc.asyncModelRun(() => ({ model, real: world }), steps);
    await runToTheEnd(world);
    for (const each of model.connections) {
      expect(each.socket.texts).toEqual(each.frames);
      expect(each.socket.closes.map(({ name, reason }) => (name === 'unauthorized' ? reason : name))).toEqual(
        each.closed && each.closed !== 'left' ? [each.closed] : [],
      );
      expect(each.connection.isLive).toBe(each.closed === undefined);
      checkByTheLog(each, model);
    }
    expect(world.reports.filter((line) => !line.includes('no database'))).toEqual([]);
    for (const each of model.open()) await world.disconnect(each);
    while (world.upgrades.length > 0) world.abandon(0);
    expect(world.held).toBe(0);
    await world.stop();
  });
  await fc.assert(property, { numRuns: 300 });
}, 60_000);
