import { fakeConnection } from '../../test/support/fake-connection';
import { Connection } from './connection';
import { Departures } from './departures';

describe('Departures', () => {
  let gone: Connection[];

  beforeEach(() => {
    jest.useFakeTimers();
    gone = [];
  });
  afterEach(() => jest.useRealTimers());

  const connections = (count: number) => Array.from({ length: count }, () => fakeConnection());

  it('sends connections away in their order, as many a second as the budget has', async () => {
    const departures = new Departures(
      () => 100,
      (connection) => gone.push(connection),
    );
    const all = connections(200);
    for (const connection of all) departures.add(connection);
    expect(gone).toEqual([]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(gone.length).toBeGreaterThan(95);
    expect(gone.length).toBeLessThan(106);
    await jest.advanceTimersByTimeAsync(1_100);
    expect(gone).toEqual(all);
  });

  it('sends one once, however often it was added, and none that is gone', async () => {
    const departures = new Departures(
      () => Infinity,
      (connection) => gone.push(connection),
    );
    const [once, left] = connections(2) as [Connection, Connection];
    for (const connection of [once, left, once]) departures.add(connection);
    departures.forget(left);
    await jest.advanceTimersByTimeAsync(100);
    expect(gone).toEqual([once]);
  });

  it('sends nobody any more once it is closed', async () => {
    const departures = new Departures(
      () => 1,
      (connection) => gone.push(connection),
    );
    for (const connection of connections(3)) departures.add(connection);
    departures.close();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(gone).toEqual([]);
  });
});
