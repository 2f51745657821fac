import fc from 'fast-check';
import { Audience, toEveryone, toTopic, toUsers } from '../../src/log/audience';
import { MembershipRecord } from '../../src/log/records';
import { topic } from '../../src/protocol/topic';
import { Client } from './client';
import { Model, TOPICS, USERS } from './model';
import { World } from './world';

const durable = true;

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

const membership = (change: MembershipRecord['change'], userIds: string[], key: string) =>
  ({ kind: 'membership', durable, change, userIds, topic: key }) as MembershipRecord;
const someone = fc.constantFrom(...USERS);
const some = fc.subarray(USERS, { minLength: 1 });
const key = fc.constantFrom(...TOPICS);
const name = fc.constantFrom('a', 'b');
const audience: fc.Arbitrary<Audience> = fc.oneof(
  { weight: 5, arbitrary: name.map((id) => toTopic('CHANNEL', id)) },
  { weight: 2, arbitrary: fc.tuple(name, some).map(([id, users]) => toTopic('CHANNEL', id).except(users)) },
  { weight: 2, arbitrary: some.map((users) => toUsers(users)) },
  { weight: 2, arbitrary: fc.constant(toEveryone()) },
  { weight: 1, arbitrary: some.map((users) => toEveryone().except(users)) },
);
const pick = fc.nat({ max: 5 });

const emit = (types: readonly string[]) =>
  fc
    .tuple(audience, fc.constantFrom(...types), fc.constantFrom('m1', 'm2'), name)
    .map(
      ([to, type, id, of]) =>
        new Step(`${type} ${id} of ${of} to ${JSON.stringify(to.target)}`, (world) =>
          world.emit(to, type, id, topic('CHANNEL', of)),
        ),
    );

/** What a client comes back with: mostly its own cursor. */
const cursor = fc.oneof(
  { weight: 8, arbitrary: fc.constant('own' as const) },
  fc.constantFrom('of another', 'of the log’s head', 'beyond the log', 'of old', 'none' as const),
);

function cursorOf(kind: string, { cursor: own }: Client, world: World, model: Model): string {
  switch (kind) {
    case 'of another':
      return world.clients.find((other) => other.cursor !== '' && other.cursor !== own)?.cursor ?? own;
    case 'of the log’s head':
      return model.cursor(world.log.length);
    case 'beyond the log':
      return model.cursor(world.log.length + 2);
    case 'of old':
      return '1700000000000-1';
    case 'none':
      return 'no cursor';
    default:
      return own;
  }
}

const steps = {
  message: emit(['MESSAGE']),
  change: emit(['EDIT_MESSAGE', 'EDIT_MESSAGE', 'DELETE_MESSAGE']),
  refresh: fc
    .tuple(audience, fc.constantFrom('UPDATE_STATUS' as const, 'UPDATE_USERS' as const))
    .map(
      ([to, what]) =>
        new Step(`${what} to ${JSON.stringify(to.target)}`, ({ log }) =>
          log.add({ kind: 'refresh', what, audience: to, durable }),
        ),
    ),
  membership: fc
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
        return world.register(world.upgrades.length - 1);
      }),
  ),
  begin: someone.map(
    (userId) =>
      new Step(`connect ${userId}, resumable`, (world) => {
        const client = new Client(userId);
        world.clients.push(client);
        world.upgrade(userId, client, '');
        return world.register(world.upgrades.length - 1);
      }),
  ),
  resume: fc.tuple(pick, cursor, fc.boolean()).map(
    ([index, kind, atOnce]) =>
      new Step(
        `resume ${index} from ${kind}, ${atOnce ? 'at once' : 'upgrade first'}`,
        (world, model) => {
          const away = world.clients.filter(({ mayConnect }) => mayConnect);
          const client = away[index % away.length]!;
          const from = cursorOf(kind, client, world, model);
          client.hasLied ||= from !== client.cursor;
          world.upgrade(client.userId, client, from);
          return atOnce ? world.register(world.upgrades.length - 1) : undefined;
        },
        ({ clients }) => clients.some(({ mayConnect }) => mayConnect),
      ),
  ),
  disconnect: fc.tuple(pick, fc.constantFrom(0, 0.4, 1, 1), fc.boolean()).map(
    ([index, share, hasFetched]) =>
      new Step(
        `disconnect ${index} after ${share} of all, fetch done: ${hasFetched}`,
        (world) => world.disconnect(world.open()[index % world.open().length]!, share, hasFetched),
        (world) => world.open().length > 0,
      ),
  ),
  vanish: fc.tuple(pick, fc.constantFrom(0, 0.4, 1)).map(
    ([index, share]) =>
      new Step(
        `vanish ${index} after ${share} of all`,
        (world) => world.hangUp(world.open()[index % world.open().length]!, share),
        (world) => world.open().length > 0,
      ),
  ),
  expire: pick.map(
    (index) =>
      new Step(
        `expire ${index}`,
        (world) => world.expire(world.open()[index % world.open().length]!),
        (world) => world.open().length > 0,
      ),
  ),
  beat: pick.map(
    (index) =>
      new Step(
        `heartbeat ${index}`,
        (world) => world.beat(world.open()[index % world.open().length]!),
        (world) => world.open().length > 0,
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
  trim: fc.constant(new Step('trim', (world) => world.trim())),
  restart: fc.constant(new Step('restart', (world) => world.restart())),
};

const times = (count: number, step: fc.Arbitrary<Step>) => Array<fc.Arbitrary<Step>>(count).fill(step);

/** Runs of so many steps at most. */
export const commands = (maxCommands: number) =>
  fc.commands(
    [
      ...times(8, steps.message),
      ...times(4, steps.change),
      ...times(2, steps.refresh),
      ...times(4, steps.membership),
      ...times(6, steps.answer),
      ...times(6, steps.tick),
      ...times(2, steps.connect),
      ...times(3, steps.begin),
      ...times(4, steps.resume),
      ...times(3, steps.disconnect),
      ...times(2, steps.register),
      ...times(2, steps.hostWrites),
      ...times(2, steps.beat),
      ...[steps.vanish, steps.expire, steps.closeTopic, steps.kick, steps.upgrade, steps.abandon],
      ...[steps.trim, steps.restart],
    ],
    { maxCommands, size: 'max' },
  );
