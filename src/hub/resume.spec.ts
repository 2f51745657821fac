import fc from 'fast-check';
import { cursorsLike } from '../../test/property/cursors';
import { FakeSocket } from '../../test/support/fake-connection';
import { HUB_OPTIONS } from '../../test/support/hub-options';
import { toTopic, toUsers } from '../log/audience';
import { MemoryEventLog } from '../log/memory-event-log';
import { NewRecord } from '../log/records';
import { MembershipReader } from '../memberships/membership-reader';
import { topic } from '../protocol/topic';
import { ConnectionRegistry } from './connection-registry';
import { Hub } from './hub';
import { LiveUsers } from './live-users';

const MUTATIONS = 100_000;

/** What is on a resumable connection. */
interface Frame {
  readonly message_type: string;
  readonly resumed?: boolean;
  readonly reason?: string;
  readonly owner?: string;
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
    // Writes are sliced: the last of so many may come turns later.
    do await new Promise((resolve) => setImmediate(resolve));
    while (connections.some(({ socket }) => socket.writes.length === 0));
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

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += 500) yield items.slice(at, at + 500);
}
