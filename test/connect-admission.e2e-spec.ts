import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { topic } from 'nestjs-live-messages';
import request from 'supertest';
import { GREETING } from '../src/protocol/wire';
import { open, refusalOf } from './support/client';
import { HTTP_SERVERS, Host } from './support/host';
import { HeldAnswers } from './support/held-answers';
import { Brought, Hosts, inQuery, knock, outcomeAt, outcomeOf, userLetIn } from './support/knock';
import { messageRow } from './support/rows';
import { tokenOf } from './support/tokens';

const SERVERS = Object.keys(HTTP_SERVERS) as (keyof typeof HTTP_SERVERS)[];
const hosts = new Hosts();
afterAll(() => hosts.close());

describe.each(SERVERS)('origins on %s', (http) => {
  const from = (origin?: string): Brought => ({ ...inQuery(tokenOf('user')), origin });

  it('lets every origin in unless told', async () => {
    const host = await hosts.start({ http });
    expect(await userLetIn(host, from('https://anywhere.example'))).toBe('user');
  });

  it('lets only those of a list in, to the letter, and clients that are no browsers', async () => {
    const host = await hosts.start({ http, options: { origins: ['https://chat.example', 'null'] } });
    expect(await userLetIn(host, from('https://chat.example'))).toBe('user');
    expect(await userLetIn(host, from('null'))).toBe('user');
    expect(await userLetIn(host, from(undefined))).toBe('user');
    for (const origin of [
      'https://evil.example',
      'http://chat.example',
      'https://chat.example:8443',
      'https://chat.example.evil.example',
    ]) {
      expect([origin, await outcomeAt(host, from(origin))]).toEqual([origin, '3003 origin not allowed']);
    }
  });

  it('answers 403 over HTTP', async () => {
    const host = await hosts.start({
      http,
      options: { origins: ['https://chat.example'], rejectWith: 'http' },
    });
    expect(await refusalOf(knock(host, from('https://evil.example')))).toMatchObject({
      status: 403,
      body: 'origin not allowed\n',
    });
  });

  it('asks a function, for clients without an origin too, and shows it the query without the token', async () => {
    const seen: [string | undefined, string, string][] = [];
    const host = await hosts.start({
      http,
      options: {
        origins: async (origin, { query, headers }) => {
          await Promise.resolve();
          seen.push([origin, query.toString(), headers['x-app'] as string]);
          return origin === undefined;
        },
      },
    });
    const target = `/ws?room=1&token=${tokenOf('user')}`;
    const headers = { 'X-App': 'mobile' };
    expect(await userLetIn(host, { target, headers })).toBe('user');
    expect(await outcomeAt(host, { target, headers, origin: 'https://a.example' })).toBe(
      '3003 origin not allowed',
    );
    expect(seen).toEqual([
      [undefined, 'room=1', 'mobile'],
      ['https://a.example', 'room=1', 'mobile'],
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('the list is down');
      },
      '1011 internal error',
    ],
    ['rejects', () => Promise.reject(new Error('the list is down')), '1011 internal error'],
    ['answers something true that is not true', () => 'yes' as never, '3003 origin not allowed'],
  ] as const)('refuses when the function %s', async (_what, origins, expected) => {
    const host = await hosts.start({ http, options: { origins } });
    expect(await outcomeAt(host, from('https://a.example'))).toBe(expected);
  });

  it('says nothing of the token to a foreign origin', async () => {
    const host = await hosts.start({ http, options: { origins: ['https://chat.example'] } });
    const brought = { ...inQuery('no token at all'), origin: 'https://evil.example' };
    expect(await outcomeAt(host, brought)).toBe('3003 origin not allowed');
  });
});

describe.each(SERVERS)('the first frame on %s', (http) => {
  it('is the greeting, before anything that is emitted while the client connects', async () => {
    const host = await hosts.start({ http });
    const answers = HeldAnswers.of(host.source, 'user');
    const client = open(host.url, tokenOf('user'));
    const asked = await answers.next();
    await host.live.message(messageRow('general', { content: 'meanwhile' }));
    asked.answer([topic('CHANNEL', 'general')]);
    expect(await client.next()).toBe('"Websocket Connection Established"');
    expect(await client.nextEvent()).toMatchObject({ content: 'meanwhile' });
  });

  it('is an event where the greeting is switched off', async () => {
    const host = await hosts.start({ http, options: { greeting: false } });
    host.source.put('user', topic('CHANNEL', 'general'));
    const client = open(host.url, tokenOf('user'));
    await new Promise((resolve) => client.socket.once('open', resolve));
    // Whether it is live yet or not: nothing after the upgrade is missed.
    await host.live.message(messageRow('general', { content: 'first' }));
    expect(await client.nextEvent()).toMatchObject({ content: 'first' });
  });
});

describe.each(SERVERS)('a plain GET on %s', (http) => {
  const BODY = 'This is a WebSocket endpoint: use ws:// or wss:// instead of http:// or https://.\n';

  it.each(['close', 'http'] as const)('is told to upgrade, with rejectWith %s', async (rejectWith) => {
    const host = await hosts.start({ http, options: { rejectWith } });
    const answer = await request(host.httpUrl).get(`/ws?token=${tokenOf('user')}`);
    expect(answer.status).toBe(426);
    expect(answer.text).toBe(BODY);
    expect(answer.headers.upgrade).toBe('websocket');
    expect(answer.headers.connection).toMatch(/^Upgrade\b/);
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
  });

  it('lets go of a client that asks for it', async () => {
    const host = await hosts.start({ http });
    const { port } = new URL(host.url);
    const socket = connectTcp(Number(port), '127.0.0.1');
    socket.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await once(socket.resume(), 'end');
  });

  it('is told so outside the global prefix, where the endpoint is too', async () => {
    const host = await hosts.start({ http, prepare: (app) => app.setGlobalPrefix('api') });
    expect((await request(host.httpUrl).get('/ws')).status).toBe(426);
    expect((await request(host.httpUrl).get('/api/ws')).status).toBe(404);
    expect(await userLetIn(host, inQuery(tokenOf('user')))).toBe('user');
  });

  it('is told so at the path of the options', async () => {
    const host = await hosts.start({ http, options: { path: '/chat/live' } });
    expect((await request(host.httpUrl).get('/chat/live')).status).toBe(426);
    expect((await request(host.httpUrl).get('/ws')).status).toBe(404);
    expect(await userLetIn(host, { target: `/chat/live?token=${tokenOf('user')}` })).toBe('user');
  });
});

describe.each(SERVERS)('the rate of admission on %s', (http) => {
  /** What becomes of thirty upgrades at once. */
  async function storm(host: Host, token: string) {
    const clients = Array.from({ length: 30 }, () => open(host.url, token));
    const outcomes = await Promise.all(
      clients.map((client) => Promise.race([refusalOf(client), outcomeOf(client)])),
    );
    return {
      refusals: outcomes.filter((outcome) => typeof outcome === 'object'),
      others: outcomes.filter((outcome) => typeof outcome === 'string'),
    };
  }

  it.each(['close', 'http'] as const)('answers 503 past it, with rejectWith %s', async (rejectWith) => {
    const host = await hosts.start({ http, options: { rejectWith, limits: { acceptsPerSecond: 3 } } });
    const { refusals, others } = await storm(host, tokenOf('user'));
    expect(others.length).toBeGreaterThanOrEqual(3);
    expect(new Set(others)).toEqual(new Set([JSON.stringify(GREETING)]));
    expect(refusals.length).toBeGreaterThan(0);
    for (const { status, body, headers } of refusals) {
      expect([status, body]).toEqual([503, 'Service Unavailable\n']);
      expect(headers['retry-after']).toMatch(/^[1-5]$/);
    }
  });

  it('counts those that are refused, too', async () => {
    const host = await hosts.start({ http, options: { limits: { acceptsPerSecond: 1 } } });
    const { refusals, others } = await storm(host, 'no token at all');
    expect(refusals.length).toBeGreaterThan(0);
    expect(new Set(others)).toEqual(new Set(['3000 token invalid']));
  });
});
