import { RecordingNode, attendance } from '../../test/support/presence-node';
import { eventually } from '../../test/support/eventually';
import { MemoryPresenceStore } from './memory-presence-store';

const RULES = { graceMs: 10_000, connectionsPerUser: 20 };

describe('who is online, in one process', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  function joined(store = new MemoryPresenceStore(), ...users: string[]) {
    const node = new RecordingNode('one');
    for (const user of users) node.present.add(attendance(user));
    return { store, node, session: store.join(node, RULES) };
  }

  it('counts from the first connection until the grace after the last', async () => {
    const { store, node, session } = joined();
    const [first, second] = [attendance('ann'), attendance('ann')];
    session.came(first);
    session.came(second);
    session.gone(first);
    await jest.advanceTimersByTimeAsync(60_000);
    expect([await store.count(), await store.areOnline(['ann', 'ben'])]).toEqual([1, [true, false]]);
    session.gone(second);
    await jest.advanceTimersByTimeAsync(9_999);
    expect(await store.areOnline(['ann'])).toEqual([true]);
    await jest.advanceTimersByTimeAsync(2);
    expect([await store.count(), await store.areOnline(['ann'])]).toEqual([0, [false]]);
    expect(node.news).toEqual(['+ann', '-ann']);
  });

  it('has no news of who comes back in time', async () => {
    const { node, session } = joined();
    const first = attendance('ann');
    session.came(first);
    session.gone(first);
    await jest.advanceTimersByTimeAsync(9_000);
    session.came(attendance('ann'));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(node.news).toEqual(['+ann']);
  });

  it('knows who was there when a node joins, and forgets all when the last has left', async () => {
    const { store, node, session } = joined(undefined, 'ann', 'ben');
    await jest.advanceTimersByTimeAsync(1);
    expect([await store.count(), node.news]).toEqual([2, ['+ann', '+ben']]);
    await session.leave();
    await session.leave();
    session.came(attendance('cid'));
    expect(await store.count()).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves the users of another node alone', async () => {
    const one = joined(undefined, 'ann');
    const two = joined(one.store, 'ann', 'ben');
    await one.session.leave();
    await jest.advanceTimersByTimeAsync(60_000);
    expect([await one.store.areOnline(['ann', 'ben']), two.node.news]).toEqual([[true, true], ['+ben']]);
  });

  it('tells again, in order, what could not be announced', async () => {
    const { node, session } = joined();
    node.failures = 2;
    session.came(attendance('ann'));
    await jest.advanceTimersByTimeAsync(10);
    expect(node.news).toEqual([]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(node.news).toEqual(['+ann']);
  });
});

it('what was refused is told before what changed later, and never out of order', async () => {
  const store = new MemoryPresenceStore();
  const node = new RecordingNode('one');
  const session = store.join(node, { graceMs: 1, connectionsPerUser: 20 });
  // Both are refused: the log takes nothing for a while.
  node.failures = 2;
  node.announceMs = 30;
  const ann = attendance('ann');
  session.came(ann);
  await eventually(() => expect(node.announcements).toBe(1));
  session.gone(ann);
  await eventually(() => expect(node.news).toHaveLength(2));
  expect(node.news).toEqual(['+ann', '-ann']);
  await session.leave();
});
