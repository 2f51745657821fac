import { topic } from 'nestjs-live-messages';
import { createLiveClient } from 'nestjs-live-messages/client';
import type { LiveClient, LiveClientOptions, LiveState, ResyncRequest } from 'nestjs-live-messages/client';
import { WebSocket } from 'ws';
import { HostSetup } from './support/host';
import { until } from './support/live-stage';
import { resume } from './support/resumable';
import { messageRow } from './support/rows';
import { tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

let host: WatchedHost;
let clients: LiveClient[] = [];

async function start(setup: HostSetup = {}): Promise<void> {
  host = await startWatchedHost(setup);
  host.source.put('ann', topic('CHANNEL', 'general'));
}

afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await host.close();
  jest.restoreAllMocks();
});

/** Ann's client, and what it saw. */
function listen(options: Partial<LiveClientOptions> = {}) {
  const live = createLiveClient({
    url: `${host.url}/ws`,
    token: () => tokenOf('ann'),
    WebSocket,
    ...options,
  });
  clients.push(live);
  const states: LiveState[] = [];
  const contents: string[] = [];
  const resyncs: ResyncRequest[] = [];
  live.on('state', (state) => states.push(state));
  live.on('MESSAGE', ({ content }) => contents.push(content));
  live.on('resync', (request) => resyncs.push(request));
  const reached = (status: LiveState['status']) => until(() => live.state.status === status);
  return { live, states, contents, resyncs, reached };
}

const say = (content: string) => host.live.message(messageRow('general', { content }));

/** The network goes, and the server knows it. */
async function drop(): Promise<void> {
  host.ends.at(-1)!.destroy();
  await until(() => host.registry.size === 0);
}

describe.each(['Express', 'Fastify'] as const)('the client and the endpoint, on %s', (http) => {
  it.each(['subprotocol', 'query'] as const)('understand each other, the token as %s', async (tokenIn) => {
    await start({ http });
    const { contents, reached, states } = listen({ tokenIn });
    await reached('connected');
    await say('hello');
    await until(() => contents.length > 0);
    expect(contents).toEqual(['hello']);
    expect(states).toEqual([{ status: 'connected' }]);
  });

  it('lose nothing over drops, and nothing comes twice', async () => {
    await start({ http });
    jest.spyOn(Math, 'random').mockReturnValue(0.05);
    const { contents, resyncs, reached } = listen();
    await reached('connected');
    const sent: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      for (const content of [`live ${round}`, `cut ${round}`, `away ${round}`]) {
        sent.push(content);
        if (content.startsWith('away')) await drop();
        await say(content);
      }
      await until(() => contents.includes(`away ${round}`));
    }
    expect(contents).toEqual(sent);
    expect(resyncs).toEqual([]);
  });

  it('join where the app has fetched', async () => {
    await start({ http });
    await say('fetched');
    const { client, connected } = await resume(host, 'ann');
    client.socket.terminate();
    await say('between');
    const { contents, reached } = listen({ resume: connected.cursor });
    await reached('connected');
    await say('live');
    await until(() => contents.includes('live'));
    expect(contents).toEqual(['between', 'live']);
  });

  it('fetch when the cursor is unknown, and resume after that', async () => {
    await start({ http });
    const { contents, resyncs, reached } = listen({ resume: 'nonsense' });
    await until(() => resyncs.length > 0);
    expect(resyncs).toMatchObject([{ reason: 'CURSOR_UNKNOWN' }]);
    await reached('connected');
    await drop();
    await say('away');
    await until(() => contents.length > 0);
    expect(resyncs).toHaveLength(1);
  });

  it('fetch again when the connection drops in the midst of the fetch', async () => {
    await start({ http });
    const { live, resyncs, reached } = listen({ resume: 'nonsense' });
    let isFirst = true;
    live.on('resync', () => {
      if (!isFirst) return;
      isFirst = false;
      return new Promise(() => undefined);
    });
    await until(() => resyncs.length === 1);
    await reached('connected');
    await drop();
    await until(() => resyncs.length === 2);
    expect(resyncs.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  it('part when the user is disconnected and his tokens are refused', async () => {
    await start({ http });
    let token = tokenOf('ann');
    const { live, states, reached } = listen({ token: () => token });
    await reached('connected');
    token = tokenOf('ann', {}, { secret: 'another secret, of another server, long' });
    await host.live.disconnect({ userId: 'ann' });
    await reached('closed');
    expect(states.map(({ status }) => status)).toEqual(['connected', 'waiting', 'connecting', 'closed']);
    expect(states[1]).toMatchObject({ code: 3000, reason: 'disconnected', delayMs: 0 });
    expect(live.state).toEqual({ status: 'closed', code: 3000, reason: 'token invalid' });
  });

  it('come together again at once when the disconnected user may come back', async () => {
    await start({ http });
    const { contents, reached } = listen();
    await reached('connected');
    await host.live.disconnect({ userId: 'ann' });
    await say('away');
    await until(() => contents.length > 0);
  });
});

it('replaces its connection before the token ends, though the user may have one only', async () => {
  await start({ options: { limits: { connectionsPerUser: 1 } } });
  jest.spyOn(Math, 'random').mockReturnValue(0.5);
  const token = () => tokenOf('ann', {}, { expiresIn: 12 });
  const { contents, states, reached } = listen({ token });
  await reached('connected');
  await say('before');
  const replaced = new Promise((resolve) => host.ends[0]!.once('close', resolve));
  await replaced;
  await say('after');
  await until(() => contents.includes('after'));
  expect(contents).toEqual(['before', 'after']);
  expect(states).toEqual([{ status: 'connected' }]);
  expect(host.ends).toHaveLength(2);
}, 20_000);

it('is sent elsewhere, spread over time, when the node stops', async () => {
  await start();
  const { states, reached } = listen();
  await reached('connected');
  await host.close();
  await reached('waiting');
  expect(states.at(-1)).toMatchObject({ status: 'waiting', code: 1012 });
});
