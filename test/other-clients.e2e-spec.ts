import { topic } from 'nestjs-live-messages';
import PartyWebSocket from 'partysocket/ws';
import ReconnectingWebSocket from 'reconnecting-websocket';
import { WebSocket } from 'ws';
import { GREETING } from '../src/protocol/wire';
import { HostSetup } from './support/host';
import { until } from './support/live-stage';
import { messageRow } from './support/rows';
import { tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

/** Both wait seconds of themselves. */
const AT_ONCE = { WebSocket, minReconnectionDelay: 10, maxReconnectionDelay: 20 };

/** A socket of either package, as far as it is used here. */
interface AnySocket {
  onopen: (() => unknown) | null;
  onmessage: ((event: { data: unknown }) => unknown) | null;
  onclose: ((event: { code: number; reason: string }) => unknown) | null;
  close(): void;
}

const PACKAGES = {
  partysocket: (url: () => string, options: object) => new PartyWebSocket(url, [], options),
  'reconnecting-websocket': (url: () => string, options: object) =>
    new ReconnectingWebSocket(url, [], options),
} as const;

describe.each(Object.keys(PACKAGES) as (keyof typeof PACKAGES)[])('%s and the plain endpoint', (name) => {
  let host: WatchedHost;
  let sockets: AnySocket[] = [];

  const start = async (setup: HostSetup = {}) => {
    host = await startWatchedHost(setup);
    host.source.put('ann', topic('CHANNEL', 'general'));
  };
  afterEach(async () => {
    for (const socket of sockets) socket.close();
    sockets = [];
    await host.close();
  });

  /** A socket, and all that it saw: the greeting as it is, of messages their content. */
  function listen(token = () => tokenOf('ann'), options: object = {}) {
    const seen: string[] = [];
    const closes: { code: number; reason: string }[] = [];
    const url = () => `${host.url}/ws?token=${token()}`;
    const socket = PACKAGES[name](url, { ...AT_ONCE, ...options }) as unknown as AnySocket;
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data as string) as string | { content: string };
      seen.push(typeof frame === 'string' ? frame : frame.content);
    };
    socket.onclose = ({ code, reason }) => closes.push({ code, reason });
    sockets.push(socket);
    return { socket, seen, closes, sees: (text: string) => until(() => seen.includes(text)) };
  }
  const say = (content: string) => host.live.message(messageRow('general', { content }));

  it('understand each other', async () => {
    await start();
    const { seen, sees } = listen();
    await sees(GREETING);
    await say('hello');
    await sees('hello');
    expect(seen).toEqual([GREETING, 'hello']);
  });

  it('come together again after a drop; what came between is gone', async () => {
    await start();
    const { seen, sees } = listen();
    await sees(GREETING);
    host.ends.at(-1)!.destroy();
    await until(() => host.registry.size === 0);
    await say('between');
    await until(() => seen.length === 2);
    await say('again');
    await sees('again');
    expect(seen).toEqual([GREETING, GREETING, 'again']);
  });

  it('come together again after the host has disconnected the user, with the next token', async () => {
    await start();
    const tokens: string[] = [];
    const { closes, sees } = listen(() => {
      tokens.push(tokenOf('ann', { jti: `token-${tokens.length}` }));
      return tokens.at(-1)!;
    });
    await sees(GREETING);
    await host.live.disconnect({ tokenId: 'token-0' });
    await until(() => host.registry.size === 1 && tokens.length === 2);
    await say('again');
    await sees('again');
    expect(closes).toMatchObject([{ code: 3000 }]);
  });

  it('are told by 1012 that the node stops, and come back', async () => {
    await start();
    const { closes, sees } = listen();
    await sees(GREETING);
    const old = host;
    await old.close();
    await until(() => closes.length > 0);
    expect(closes[0]).toEqual({ code: 1012, reason: '{"reconnect_within_ms":0}' });
    // The next node: the url is asked for at each attempt.
    await start();
    await until(() => host.registry.size === 1);
    await say('from the next node');
    await sees('from the next node');
  });

  it('knock for ever with a token that is refused, unless they are stopped', async () => {
    await start();
    const bad = () => tokenOf('ann', {}, { secret: 'another secret, of another server, long' });
    const { closes } = listen(bad);
    await until(() => closes.length > 3);
    expect(closes.slice(0, 3)).toEqual(Array(3).fill({ code: 3000, reason: 'token invalid' }));
    expect(host.registry.size).toBe(0);
  });

  it('stop knocking when they are closed in onclose', async () => {
    await start();
    const bad = () => tokenOf('ann', {}, { secret: 'another secret, of another server, long' });
    const { socket, closes } = listen(bad);
    const note = socket.onclose!;
    socket.onclose = (event) => {
      note(event);
      socket.close();
    };
    await until(() => closes.length > 0);
    const knocks = host.ends.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(host.ends).toHaveLength(knocks);
    expect(closes).toHaveLength(1);
  });
});
