import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { LiveMessagesOptions } from 'nestjs-live-messages';
import { connect } from './support/client';
import { Host } from './support/host';
import { inSeconds, jws } from './support/jws';
import { Hosts, placesTaken } from './support/knock';
import { OPCODES, RawClient, clientFrame } from './support/raw-client';
import { seen } from './support/seen';
import { tokenOf } from './support/tokens';

const SETUPS = [
  { http: 'Express', adapter: 'ours' },
  { http: 'Fastify', adapter: 'ours' },
  { http: 'Express', adapter: 'plain' },
] as const;
const { text } = OPCODES;
type Start = (options?: Partial<LiveMessagesOptions>) => Promise<Host>;
const hosts = new Hosts();
afterAll(() => hosts.close());

describe.each(SETUPS)('a connection on $http with the adapter $adapter', ({ http, adapter }) => {
  const start: Start = (options) => hosts.start({ http, adapter, options });

  describe('whose token expires', () => {
    it.each([30, 4_000])('stays open for an exp in %i years, far beyond 2^31 ms', async (years) => {
      const host = await start({ heartbeat: { intervalMs: 20, timeoutMs: 10_000 } });
      const exp = inSeconds(years * 366 * 86_400);
      const client = await connect(host.url, jws({ alg: 'HS256' }, { sub: 'user', exp }));
      // Each ping comes of a look at all connections.
      for (let pings = 0; pings < 4; pings += 1) await once(client.socket, 'ping');
      expect(await seen(host, 'user', client)).toEqual([]);
    });

    it('stays open without an exp where that is allowed', async () => {
      const jwt = { secret: 'eternal', algorithms: ['HS256'], allowEternalTokens: true } as const;
      const host = await start({ jwt, heartbeat: { intervalMs: 20, timeoutMs: 10_000 } });
      const client = await connect(host.url, jws({ alg: 'HS256' }, { sub: 'user' }, 'eternal'));
      for (let pings = 0; pings < 4; pings += 1) await once(client.socket, 'ping');
      expect(await seen(host, 'user', client)).toEqual([]);
    });
  });

  describe('that is pinged', () => {
    it('stays open while it answers', async () => {
      const host = await start({ heartbeat: { intervalMs: 30, timeoutMs: 60 } });
      const client = await connect(host.url, tokenOf('user'));
      for (let pings = 0; pings < 8; pings += 1) await once(client.socket, 'ping');
      expect(await seen(host, 'user', client)).toEqual([]);
    });

    it('is closed with 3008 when it does not', async () => {
      const host = await start({ heartbeat: { intervalMs: 30, timeoutMs: 60 } });
      const client = await connect(host.url, tokenOf('user'), { autoPong: false });
      expect(await client.closed).toEqual({ code: 3008, reason: 'no pong' });
      expect(host.registry.size).toBe(0);
    });

    it('is closed with 3008 even when it sends everything but pongs', async () => {
      const host = await start({ heartbeat: { intervalMs: 30, timeoutMs: 60 } });
      const client = await connect(host.url, tokenOf('user'), { autoPong: false });
      client.socket.on('ping', () => {
        client.socket.ping();
        client.socket.send('hello');
      });
      expect(await client.closed).toEqual({ code: 3008, reason: 'no pong' });
    });
  });

  it('that is turned away is told why, and nothing else, whatever it sent before it was told', async () => {
    const host = await start();
    const client = RawClient.open(host.url, '/ws');
    client.write(...Array.from({ length: 20 }, () => clientFrame(3, 'rubbish')));
    expect(await client.nextClose()).toEqual({ code: 3000, reason: 'token missing' });
    await client.gone;
  });

  it('that its client closes is forgotten', async () => {
    const host = await start();
    const client = await connect(host.url, tokenOf('user'));
    const gone = new Promise<string>((resolve) =>
      host.registry.onDisconnect(({ userId }) => resolve(userId)),
    );
    client.socket.close(1000);
    expect(await gone).toBe('user');
    expect((await client.closed).code).toBe(1000);
    expect([...host.registry.users()]).toEqual([]);
  });
});

// What takes a second or two takes it on all of them at once.
describe('a connection', () => {
  function everywhere(test: (start: Start) => Promise<void>): Promise<unknown> {
    return Promise.all(SETUPS.map((setup) => test((options) => hosts.start({ ...setup, options }))));
  }

  it('is closed with 3000 at the exp of its token, and not before', () =>
    everywhere(async (start) => {
      const host = await start();
      const client = await connect(host.url, jws({ alg: 'HS256' }, { sub: 'user', exp: inSeconds(1.5) }));
      const other = await connect(host.url, jws({ alg: 'HS256' }, { sub: 'user', exp: inSeconds(600) }));
      expect(await seen(host, 'user', client)).toEqual([]);
      await other.next();
      expect(await client.closed).toEqual({ code: 3000, reason: 'token expired' });
      expect(await seen(host, 'user', other)).toEqual([]);
    }));

  it('is gone though it does not answer the close, whatever it was closed for', () =>
    everywhere(async (start) => {
      const host = await start();
      const impatient = await start({ heartbeat: { intervalMs: 30, timeoutMs: 60 } });
      const kicked = await RawClient.connect(host.url, tokenOf('kicked'));
      const loud = await RawClient.connect(host.url, tokenOf('loud'));
      const silent = await RawClient.connect(impatient.url, tokenOf('silent'));
      const stranger = RawClient.open(host.url, '/ws?token=nonsense');
      loud.write(...Array.from({ length: 11 }, () => clientFrame(text)));
      await host.live.disconnect({ userId: 'kicked' });
      const clients = [kicked, loud, silent, stranger];
      const closes = await Promise.all(clients.map((client) => client.nextClose()));
      expect(closes.map(({ code }) => code)).toEqual([3000, 1008, 3008, 3000]);
      expect([host.registry.size, impatient.registry.size]).toEqual([0, 0]);
      await Promise.all(clients.map((client) => client.gone));
    }));

  it('is gone though it goes on sending, or does not read what it is told', () =>
    everywhere(async (start) => {
      const host = await start();
      const chatterbox = RawClient.open(host.url, '/ws?token=nonsense');
      expect(await chatterbox.nextClose()).toEqual({ code: 3000, reason: 'token invalid' });
      const { socket } = chatterbox;
      const noise = clientFrame(text, 'let me in');
      const chatter = () => socket.writable && socket.write(noise, () => setImmediate(chatter));
      chatter();
      const upgrade = once(host.app.getHttpServer() as Server, 'upgrade') as Promise<[unknown, Socket]>;
      const deaf = RawClient.open(host.url, '/ws?token=nonsense');
      deaf.socket.pause();
      const [, itsSocket] = await upgrade;
      await Promise.all([chatterbox.gone, new Promise((resolve) => itsSocket.once('close', resolve))]);
      expect(host.registry.size).toBe(0);
      expect(placesTaken(host)).toBe(0);
      deaf.socket.destroy();
    }));
});
