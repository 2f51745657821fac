import fc from 'fast-check';
import { ConnectionRegistry } from '../src/hub/connection-registry';
import { Hub } from '../src/hub/hub';
import { LiveUsers } from '../src/hub/live-users';
import { toTopic, toUsers } from '../src/log/audience';
import { MemoryEventLog } from '../src/log/memory-event-log';
import { NewRecord } from '../src/log/records';
import { MembershipReader } from '../src/memberships/membership-reader';
import { topic } from 'nestjs-live-messages';
import { open } from './support/client';
import { FakeSocket } from './support/fake-connection';
import { HUB_OPTIONS } from './support/hub-options';
import { Frame, nextFrame } from './support/resumable';
import { messageRow } from './support/rows';
import { seen } from './support/seen';
import { tokenOf } from './support/tokens';
import { startWatchedHost } from './support/watched-host';

const MUTATIONS = 100_000;

/** What a client may send for a cursor: anything, and what looks much like one of ours. */
function cursorsLike(real: string): fc.Arbitrary<string> {
  const [epoch, seq] = real.split('-') as [string, string];
  const digits = fc.oneof(
    fc.bigInt({ min: -5n, max: 10n ** 20n }).map(String),
    fc.constantFrom('', '0', '00', '1e3'),
  );
  const spliced = fc
    .tuple(fc.nat({ max: real.length }), fc.nat({ max: 3 }), fc.string({ maxLength: 3, unit: 'binary' }))
    .map(([at, count, text]) => real.slice(0, at) + text + real.slice(at + count));
  return fc.oneof(
    spliced,
    fc.tuple(digits, digits).map(([a, b]) => `${a}-${b}`),
    digits.map((number) => `${epoch}-${number}`),
    digits.map((number) => `${number}-${seq}`),
    fc.string({ maxLength: 80, unit: 'binary' }),
    fc.constant(real),
  );
}

it(`${MUTATIONS} cursors that are none, or another’s: nothing foreign, and the connection stays`, async () => {
  const log = new MemoryEventLog();
  const users = new LiveUsers();
  const reader = new MembershipReader(
    { topicsOf: (userId) => [topic('CHANNEL', userId)] },
    { concurrency: 50, timeoutMs: 1_000 },
  );
  const report = () => undefined;
  const registry = new ConnectionRegistry(users, report);
  const hub = new Hub(log, users, registry, reader, HUB_OPTIONS, report);
  await hub.start();
  const start = hub.head;
  const records = Array.from({ length: 40 }, (_, n): NewRecord => {
    const owner = n % 2 ? 'ann' : 'bob';
    const audience = n % 4 < 2 ? toTopic('CHANNEL', owner) : toUsers([owner]);
    return { kind: 'event', type: 'X', json: `{"owner":"${owner}"}`, audience, durable: true };
  });
  await log.append({ writerId: 'test', number: 1, records });
  await hub.reached({ epoch: start.epoch, seq: records.length }, 1_000);

  const reasons = new Set<unknown>();
  let resumed = 0;
  /** What is wrong with what a connection got; an `expect` for each frame would take ten times as long. */
  const problemOf = ({ texts, closes }: FakeSocket, cursor: string): string | undefined => {
    if (closes.length > 0) return 'was closed';
    const [connected, ...rest] = texts.map((text) => JSON.parse(text) as Frame);
    if (connected?.message_type !== 'CONNECTED') return 'did not begin with CONNECTED';
    if (connected.resumed) resumed += 1;
    else if (cursor !== '' && rest[0]?.message_type !== 'RESYNC') return 'was told nothing';
    for (const { message_type, owner, reason } of rest) {
      if (message_type === 'RESYNC') reasons.add(reason);
      else if (owner !== 'ann') return `got what is ${String(owner)}'s`;
    }
    return undefined;
  };
  for (const cursors of batches(fc.sample(cursorsLike(`${start.epoch}-20`), MUTATIONS))) {
    const connections = cursors.map((cursor) => {
      const socket = new FakeSocket();
      return { cursor, socket, connection: hub.register(socket, { userId: 'ann' }, hub.takePlace(), cursor) };
    });
    await new Promise((resolve) => setImmediate(resolve));
    for (const { cursor, socket, connection } of connections) {
      const problem = connection.isLive ? problemOf(socket, cursor) : 'is not live';
      if (problem) throw new Error(`${JSON.stringify(cursor)} ${problem}`);
      hub.forget(connection);
    }
  }
  expect([...reasons].sort()).toEqual(['CURSOR_UNKNOWN', 'HISTORY_LOST']);
  expect(resumed).toBeGreaterThan(MUTATIONS / 100);
  hub.stop();
  await log.close();
}, 120_000);

it('300 of them through the door: the URL is read, and nobody is turned away', async () => {
  const host = await startWatchedHost({ options: { limits: { connectionsPerUser: 1_000 } } });
  try {
    await host.live.message(messageRow('x', { content: 'for bob' }), { to: toUsers(['bob']) });
    const cursors = fc.sample(cursorsLike('1767225600000-1'), 300);
    for (const cursor of cursors) {
      const query = `resume=${encodeURIComponent(cursor.toWellFormed())}`;
      const client = open(host.url, tokenOf('ann'), { query });
      expect((await nextFrame(client)).message_type).toBe('CONNECTED');
      const contents = await seen(host, 'ann', client);
      expect(contents.filter((content) => content !== 'RESYNC')).toEqual([]);
      client.socket.terminate();
    }
    expect(host.lines).toEqual([]);
  } finally {
    await host.close();
  }
}, 60_000);

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += 500) yield items.slice(at, at + 500);
}
