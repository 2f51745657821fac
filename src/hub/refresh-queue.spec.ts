import { fakeConnection } from '../../test/support/fake-connection';
import { Connection } from './connection';
import { RefreshQueue } from './refresh-queue';

type Refresh = 'UPDATE_STATUS' | 'UPDATE_USERS';

describe('RefreshQueue', () => {
  let queue: RefreshQueue;
  let sent: string[];
  let notReady: Set<Connection>;
  let flushes: number;

  beforeEach(() => {
    jest.useFakeTimers();
    sent = [];
    notReady = new Set();
    flushes = 0;
  });

  afterEach(() => {
    queue.close();
    jest.useRealTimers();
  });

  function make(perSecond: number): void {
    queue = new RefreshQueue(
      () => perSecond,
      (connection) => connection.isLive && !notReady.has(connection),
      (connection, what) => sent.push(`${connection.userId} ${what}`),
      () => (flushes += 1),
    );
  }

  function connections(count: number): Connection[] {
    return Array.from({ length: count }, (_, index) => fakeConnection(`${index}`));
  }

  const addAll = (all: readonly Connection[], what: Refresh = 'UPDATE_USERS', atOnce = false) =>
    all.forEach((connection) => queue.add(connection, what, atOnce));

  it('sends a tenth of a second’s budget at once, and the rest at its pace', () => {
    make(100);
    addAll(connections(60));
    queue.run();
    expect(sent).toHaveLength(10);
    jest.advanceTimersByTime(200);
    expect(sent).toHaveLength(30);
    jest.advanceTimersByTime(300);
    expect(sent).toHaveLength(60);
    expect(sent).toEqual(connections(60).map(({ userId }) => `${userId} UPDATE_USERS`));
  });

  it('never sends more than the pace and one burst, however often it is asked to', () => {
    make(100);
    addAll(connections(500));
    for (let ms = 0; ms < 1_000; ms += 1) {
      queue.run();
      jest.advanceTimersByTime(1);
      expect(sent.length).toBeLessThanOrEqual(10 + ((ms + 1) / 1_000) * 100);
    }
    expect(sent.length).toBeGreaterThanOrEqual(100);
  });

  it('does not save up budget while nothing is to be sent', () => {
    make(100);
    jest.advanceTimersByTime(60_000);
    addAll(connections(60));
    queue.run();
    expect(sent).toHaveLength(10);
  });

  it('sends at least one at once, however small the budget', () => {
    make(1);
    addAll(connections(3));
    queue.run();
    expect(sent).toHaveLength(1);
    jest.advanceTimersByTime(1_020);
    expect(sent).toHaveLength(2);
    jest.advanceTimersByTime(1_000);
    expect(sent).toHaveLength(3);
  });

  it('has what it sent by itself written', () => {
    make(100);
    addAll(connections(20));
    queue.run();
    expect(flushes).toBe(0);
    jest.advanceTimersByTime(1_000);
    expect(flushes).toBeGreaterThan(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('lets UPDATE_STATUS absorb UPDATE_USERS, in either order, in the place of the first', () => {
    make(10);
    const [first, ann, bob, last] = connections(4) as [Connection, Connection, Connection, Connection];
    addAll([first, ann]);
    queue.add(bob, 'UPDATE_STATUS', false);
    queue.add(last, 'UPDATE_USERS', false);
    queue.add(ann, 'UPDATE_STATUS', false);
    queue.add(bob, 'UPDATE_USERS', false);
    queue.run();
    jest.advanceTimersByTime(2_000);
    expect(sent).toEqual(['0 UPDATE_USERS', '1 UPDATE_STATUS', '2 UPDATE_STATUS', '3 UPDATE_USERS']);
  });

  it('sends again what is added after it went out', () => {
    make(100);
    const [ann] = connections(1) as [Connection];
    queue.add(ann, 'UPDATE_STATUS', false);
    queue.run();
    queue.add(ann, 'UPDATE_USERS', false);
    queue.run();
    expect(sent).toEqual(['0 UPDATE_STATUS', '0 UPDATE_USERS']);
  });

  it('sends at once past the queue and the budget, and what waited with it, once', () => {
    make(10);
    const [first, ann] = connections(2) as [Connection, Connection];
    addAll([first]);
    queue.add(ann, 'UPDATE_STATUS', false);
    queue.add(ann, 'UPDATE_USERS', true);
    expect(sent).toEqual(['1 UPDATE_STATUS']);
    queue.run();
    jest.advanceTimersByTime(2_000);
    expect(sent).toEqual(['1 UPDATE_STATUS', '0 UPDATE_USERS']);
  });

  it('keeps one that is not ready waiting, and lets the others pass', () => {
    make(100);
    const [ann, bob] = connections(2) as [Connection, Connection];
    notReady.add(ann);
    queue.add(ann, 'UPDATE_USERS', true);
    queue.add(bob, 'UPDATE_USERS', false);
    queue.run();
    expect(sent).toEqual(['1 UPDATE_USERS']);
    jest.advanceTimersByTime(10_000);
    expect(sent).toHaveLength(1);
    notReady.clear();
    jest.advanceTimersByTime(20);
    expect(sent).toEqual(['1 UPDATE_USERS', '0 UPDATE_USERS']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not grow while somebody is not ready', () => {
    make(100);
    const [ann] = connections(1) as [Connection];
    notReady.add(ann);
    queue.add(ann, 'UPDATE_USERS', false);
    queue.run();
    jest.advanceTimersByTime(600_000);
    expect(queue['queue'].length).toBeLessThan(10_000);
  });

  it('spends nothing on those who are gone', () => {
    make(10);
    const all = connections(50);
    addAll(all);
    for (const connection of all.slice(0, 49)) connection.end(undefined);
    queue.run();
    expect(sent).toEqual(['49 UPDATE_USERS']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('sends all at once without a bound, time after time', () => {
    make(Number.POSITIVE_INFINITY);
    for (let round = 1; round <= 5; round += 1) {
      jest.advanceTimersByTime(1);
      addAll(connections(100), 'UPDATE_STATUS');
      queue.run();
      expect(sent).toHaveLength(100 * round);
    }
  });

  it('sends all at once without a bound, though no time has passed by the clock', () => {
    make(Number.POSITIVE_INFINITY);
    addAll(connections(3), 'UPDATE_STATUS');
    queue.run();
    queue.run();
    addAll(connections(3), 'UPDATE_STATUS');
    queue.run();
    expect(sent).toHaveLength(6);
  });

  it('sends nothing once it is closed, and can be closed twice', () => {
    make(1);
    addAll(connections(3));
    queue.run();
    queue.close();
    queue.close();
    jest.advanceTimersByTime(10_000);
    expect(sent).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
