import { LiveConnection, toUsers, topic } from 'nestjs-live-messages';
import { TestClient, connect, open } from './support/client';
import { HostSetup } from './support/host';
import { messageRow } from './support/rows';
import { seen } from './support/seen';
import { tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

let host: WatchedHost;

async function start(setup: HostSetup = {}): Promise<WatchedHost> {
  host = await startWatchedHost(setup);
  return host;
}

function join(userId: string): Promise<TestClient> {
  return connect(host.url, tokenOf(userId), { rejectUnauthorized: false });
}

/** Resolves when a connection of the user is gone. */
function goneOf(userId: string): Promise<LiveConnection> {
  return new Promise((resolve) => {
    const end = host.registry.onDisconnect((connection) => {
      if (connection.userId !== userId) return;
      end();
      resolve(connection);
    });
  });
}

afterEach(() => host.close());

describe('ConnectionRegistry', () => {
  it('knows who is connected, by user, the oldest first', async () => {
    await start();
    const { registry } = host;
    expect([registry.size, [...registry.users()], registry.connectionsOf('ann')]).toEqual([0, [], []]);
    const came: LiveConnection[] = [];
    registry.onConnect((connection) => came.push(connection));
    const [ann, , bob] = [await join('ann'), await join('ann'), await join('bob')];
    expect(registry.size).toBe(3);
    expect([...registry.users()]).toEqual(['ann', 'bob']);
    expect(registry.connectionsOf('ann').map(({ id }) => id)).toEqual([came[0]!.id, came[1]!.id]);
    expect(came.map(({ userId }) => userId)).toEqual(['ann', 'ann', 'bob']);
    expect(new Set(came.map(({ id }) => id)).size).toBe(3);
    expect(came.every(({ connectedAt }) => connectedAt instanceof Date)).toBe(true);
    let gone = goneOf('ann');
    await ann.close();
    expect((await gone).id).toBe(came[0]!.id);
    expect(registry.connectionsOf('ann').map(({ id }) => id)).toEqual([came[1]!.id]);
    gone = goneOf('bob');
    bob.socket.terminate();
    expect((await gone).id).toBe(came[2]!.id);
    expect([registry.size, [...registry.users()]]).toEqual([1, ['ann']]);
  });

  it('tells of each connection that goes once: left, gone, kicked, sent away', async () => {
    await start();
    const { registry } = host;
    const events: string[] = [];
    registry.onConnect(({ userId }) => events.push(`+${userId} ${registry.connectionsOf(userId).length}`));
    registry.onDisconnect(({ userId }) => events.push(`-${userId} ${registry.connectionsOf(userId).length}`));
    const left = await join('left');
    let gone = goneOf('left');
    await left.close();
    await gone;
    const kicked = [await join('kicked'), await join('kicked')];
    await host.live.disconnect({ userId: 'kicked' });
    await Promise.all(kicked.map((client) => client.closed));
    host.source.topicsOf = () => Promise.reject(new Error('no database'));
    const away = open(host.url, tokenOf('away'));
    await away.closed;
    host.source.topicsOf = () => [];
    const torn = await join('torn');
    gone = goneOf('torn');
    torn.socket.terminate();
    await gone;
    expect(events).toEqual([
      '+left 1',
      '-left 0',
      '+kicked 1',
      '+kicked 2',
      '-kicked 1',
      '-kicked 0',
      '+away 1',
      '-away 0',
      '+torn 1',
      '-torn 0',
    ]);
    expect(registry.size).toBe(0);
  });

  it('tells a listener nothing after it has unsubscribed, and each subscription ends alone', async () => {
    await start();
    const events: string[] = [];
    const listener = ({ userId }: LiveConnection) => void events.push(userId);
    const ends = [host.registry.onConnect(listener), host.registry.onConnect(listener)];
    const endDisconnect = host.registry.onDisconnect(listener);
    await join('ann');
    ends[0]!();
    ends[0]!();
    await join('bob');
    ends[1]!();
    endDisconnect();
    const cid = await join('cid');
    const gone = goneOf('cid');
    await cid.close();
    await gone;
    expect(events).toEqual(['ann', 'ann', 'bob']);
  });

  it('bears a listener that throws: the others are told, and the connection lives', async () => {
    await start();
    host.source.put('ann', topic('CHANNEL', 'general'));
    const told: string[] = [];
    const fails = () => {
      throw new Error('not my day');
    };
    host.registry.onConnect(fails);
    host.registry.onConnect(() => told.push('connect'));
    host.registry.onDisconnect(fails);
    host.registry.onDisconnect(() => told.push('disconnect'));
    const [ann, bob] = [await join('ann'), await join('bob')];
    const gone = goneOf('bob');
    bob.socket.terminate();
    await gone;
    void host.live.message(messageRow('general', { content: 'hello' }));
    expect(await seen(host, 'ann', ann)).toEqual(['hello']);
    expect(told).toEqual(['connect', 'connect', 'disconnect']);
    expect(host.lines).toEqual([
      'A listener of ConnectionRegistry failed on a connect: not my day',
      'A listener of ConnectionRegistry failed on a disconnect: not my day',
    ]);
  });

  it('lets a listener act on what it hears of', async () => {
    await start();
    host.registry.onConnect(({ userId }) => {
      if (userId === 'unwanted') void host.live.disconnect({ userId });
      void host.live.message(messageRow('x', { content: `${userId} is here` }), { to: toUsers(['ann']) });
    });
    const ann = await join('ann');
    const unwanted = open(host.url, tokenOf('unwanted'));
    expect(await unwanted.closed).toEqual({ code: 3000, reason: 'disconnected' });
    expect(await seen(host, 'ann', ann)).toEqual(['ann is here', 'unwanted is here']);
  });
});
