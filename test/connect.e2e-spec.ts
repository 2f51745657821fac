import { CLOSE_CODES } from 'nestjs-live-messages';
import { open, refusalOf } from './support/client';
import { HTTP_SERVERS, Host } from './support/host';
import { inSeconds, jws } from './support/jws';
import {
  Brought,
  Hosts,
  asBearer,
  asSubprotocol,
  inQuery,
  knock,
  neverLive,
  outcomeOf,
  placesTaken,
  userLetIn,
} from './support/knock';
import { SECRET } from './support/tokens';

const SERVERS = Object.keys(HTTP_SERVERS) as (keyof typeof HTTP_SERVERS)[];
const HS256 = { alg: 'HS256', typ: 'JWT' };
const ISSUER = 'https://login.example';

/** A payload that the hosts of the table accept, with one claim or another put wrong. */
function payload(overrides: object = {}): object {
  return { sub: 'user', iss: ISSUER, aud: 'live', exp: inSeconds(60), ...overrides };
}

function good(overrides: object = {}): string {
  return jws(HS256, payload(overrides));
}

function claiming(overrides: object): () => Brought {
  return () => inQuery(good(overrides));
}

function withPayload(text: string, header: { alg: string; typ?: string } = HS256): () => Brought {
  return () => inQuery(jws(header, text));
}

/** A token of exactly so many bytes. */
function tokenOfSize(bytes: number): string {
  for (let kid = 'k'; ; kid += 'k') {
    const header = { ...HS256, kid };
    const room = bytes - jws(header, payload({ pad: '' })).length;
    const token = jws(header, payload({ pad: 'p'.repeat(Math.floor((room * 3) / 4)) }));
    if (token.length === bytes) return token;
  }
}

/** The rows of PROTOCOL.md's table that are about tokens, by the reason that the client is told. */
const REFUSALS: Record<string, { status: number; rows: Record<string, () => Brought> }> = {
  'token missing': {
    status: 401,
    rows: {
      'no token': () => ({}),
      'an empty token in the query': () => inQuery(''),
      'a parameter of another name': () => ({ target: `/ws?Token=${good()}` }),
      'an empty bearer': () => ({ headers: { Authorization: 'Bearer ' } }),
      'an empty subprotocol token': () => asSubprotocol(''),
      'another kind of authorization': () => ({ headers: { Authorization: 'Basic dXNlcjpwYXNz' } }),
    },
  },
  'token malformed': {
    status: 400,
    rows: {
      'two tokens in the query': () => inQuery(`${good()}&token=${good()}`),
      'one token twice in the query': () => {
        const token = good();
        return inQuery(`${token}&token=${token}`);
      },
      'a token in the query and a bearer': () => ({ ...inQuery(good()), ...asBearer(good()) }),
      'a token in the query and a subprotocol': () => ({ ...inQuery(good()), ...asSubprotocol(good()) }),
      'a bearer and a subprotocol': () => ({ ...asBearer(good()), ...asSubprotocol(good()) }),
      'two bearers': () => asBearer(good(), good({ sub: 'another' })),
      'two subprotocol tokens': () => asSubprotocol(good(), good({ sub: 'another' })),
      'a token in each place': () => ({
        ...inQuery(good()),
        ...asBearer(good()),
        ...asSubprotocol(good()),
      }),
      'a good token of 8,193 bytes': () => inQuery(tokenOfSize(8_193)),
      'a bearer of 8,193 bytes': () => asBearer('a'.repeat(8_193)),
      'percent-encoding that breaks off': () => inQuery(`${good()}%4`),
      'percent-encoding that is none': () => inQuery(`%zz${good()}`),
      'broken percent-encoding beside the token': () => ({ target: `/ws?room=%&token=${good()}` }),
    },
  },
  'token invalid': {
    status: 401,
    rows: {
      'text that is no JWT': () => inQuery('hello'),
      'two dots and nothing else': () => inQuery('..'),
      'bytes that are no UTF-8': () => inQuery('%ff%fe'),
      'a header that is no JSON': () => inQuery(`${good().replace(/^[^.]+/, 'e30x')}`),
      'a header that is a number': () => inQuery(`NQ.${good().split('.').slice(1).join('.')}`),
      'a header that is null': () => inQuery(`bnVsbA.${good().split('.').slice(1).join('.')}`),
      'a header without alg': () => inQuery(`e30.${good().split('.').slice(1).join('.')}`),
      'a payload that is no JSON': withPayload('hello'),
      'a payload that is no JSON, and no typ': withPayload('hello', { alg: 'HS256' }),
      'a payload that is a string': withPayload('"user"'),
      'a payload that is a string, and no typ': withPayload('"user"', { alg: 'HS256' }),
      'a payload that is a number': withPayload('5'),
      'a payload that is true': withPayload('true'),
      'a payload that is null': withPayload('null'),
      'a payload that is null, and no typ': withPayload('null', { alg: 'HS256' }),
      'a payload that is a list': withPayload('[{"sub":"user"}]'),
      'the signature of another key': () => inQuery(jws(HS256, payload(), 'another secret')),
      'the signature of another payload': () => {
        const [header, , signature] = good().split('.');
        return inQuery([header, good({ sub: 'admin' }).split('.')[1], signature].join('.'));
      },
      'no signature': () => inQuery(good().replace(/[^.]+$/, '')),
      'alg none': () => inQuery(jws({ alg: 'none', typ: 'JWT' }, payload())),
      'alg none with a signature': () => inQuery(`${jws({ alg: 'none' }, payload())}${good().split('.')[2]}`),
      'alg NONE': () => inQuery(jws({ alg: 'NONE', typ: 'JWT' }, payload())),
      'an algorithm that is not named': () => inQuery(jws({ alg: 'HS512', typ: 'JWT' }, payload())),
      'an algorithm in small letters': () => {
        const [, body] = good().split('.');
        const header = Buffer.from('{"alg":"hs256","typ":"JWT"}').toString('base64url');
        return inQuery(`${header}.${body}.${good().split('.')[2]}`);
      },
      'a wrong iss': claiming({ iss: 'https://evil.example' }),
      'no iss': claiming({ iss: undefined }),
      'a wrong aud': claiming({ aud: 'mail' }),
      'no aud': claiming({ aud: undefined }),
      'no sub': claiming({ sub: undefined }),
      'an empty sub': claiming({ sub: '' }),
      'a sub of 256 characters': claiming({ sub: 'u'.repeat(256) }),
      'a sub with a lone surrogate': claiming({ sub: 'u\ud800' }),
      'a sub that is a number': claiming({ sub: 7 }),
      'a sub that is null': claiming({ sub: null }),
      'a sub that is an object': claiming({ sub: { id: 'user' } }),
      'an nbf that is no number': claiming({ nbf: '2020-01-01' }),
      'an nbf that is null': claiming({ nbf: null }),
      'an exp that is no number': claiming({ exp: '2099-01-01' }),
      'an exp that is null': claiming({ exp: null }),
      'no exp': claiming({ exp: undefined }),
    },
  },
  'token expired': {
    status: 401,
    rows: {
      'an exp a second ago': claiming({ exp: inSeconds(-1) }),
      'an exp a fraction of a second ago': () => inQuery(good({ exp: Math.floor(inSeconds(0)) + 1e-4 })),
      'an exp of 1970': claiming({ exp: 0 }),
      'an exp before 1970': claiming({ exp: -5 }),
    },
  },
  'token not yet valid': {
    status: 401,
    rows: { 'an nbf in a minute': () => inQuery(good({ nbf: inSeconds(60), exp: inSeconds(120) })) },
  },
};

const ROWS = Object.entries(REFUSALS).flatMap(([reason, { status, rows }]) =>
  Object.entries(rows).map(([what, bring]) => ({ what, bring, reason, status })),
);

const hosts = new Hosts();
afterAll(() => hosts.close());

describe.each(SERVERS)('an upgrade on %s', (http) => {
  describe.each(['ours', 'plain'] as const)('with the adapter %s', (adapter) => {
    const jwt = {
      secret: SECRET,
      algorithms: ['HS256', 'HS384'],
      issuer: ISSUER,
      audience: ['live', 'chat'],
    } as const;

    describe("that is refused with 'close'", () => {
      let host: Host;
      beforeAll(async () => {
        host = await hosts.start({ http, adapter, options: { jwt } });
      });

      it.each(ROWS)('closes with 3000 "$reason" on $what', async ({ bring, reason }) => {
        const registered = jest.fn();
        const end = host.registry.onConnect(registered);
        const client = knock(host, bring());
        expect(await outcomeOf(client)).toBe(`${CLOSE_CODES.unauthorized.code} ${reason}`);
        end();
        expect(client.frames).toEqual([]);
        expect(registered).not.toHaveBeenCalled();
      });

      it('keeps nothing of any of them', () => {
        expect(host.registry.size).toBe(0);
        expect(placesTaken(host)).toBe(0);
      });
    });

    describe("that is refused with 'http'", () => {
      let host: Host;
      beforeAll(async () => {
        host = await hosts.start({ http, adapter, options: { jwt, rejectWith: 'http' } });
      });

      it.each(ROWS)('answers $status on $what', async ({ bring, reason, status }) => {
        const client = knock(host, bring());
        const answer = await Promise.race([refusalOf(client), neverLive(client)]);
        expect(answer).toMatchObject({ status, body: `${reason}\n` });
        expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(answer.headers['content-type']).toBe('text/plain');
      });

      it('keeps nothing of any of them', () => {
        expect(host.registry.size).toBe(0);
        expect(placesTaken(host)).toBe(0);
      });
    });

    describe('that is accepted', () => {
      let host: Host;
      beforeAll(async () => {
        host = await hosts.start({ http, adapter, options: { jwt } });
      });

      it.each<[what: string, bring: () => Brought]>([
        ['in the query', () => inQuery(good())],
        ['in the query, beside other parameters', () => ({ target: `/ws?a=1&token=${good()}&b=%20` })],
        ['as a bearer', () => asBearer(good())],
        ['as a bearer in small letters', () => ({ headers: { Authorization: `bearer ${good()}` } })],
        ['as a subprotocol', () => asSubprotocol(good())],
        ['of 8,192 bytes', () => inQuery(tokenOfSize(8_192))],
        ['with another algorithm that is named', () => inQuery(jws({ alg: 'HS384' }, payload()))],
        ['with the other audience', claiming({ aud: 'chat' })],
        ['with one audience of several', claiming({ aud: ['mail', 'live'] })],
        ['with an nbf less than 5 s ahead', () => inQuery(good({ nbf: inSeconds(4) }))],
        ['with fractions of a second', claiming({ exp: 4_102_444_800.5, nbf: 1.5, iat: 2.25 })],
      ])('lets a token in %s', async (_what, bring) => {
        expect(await userLetIn(host, bring())).toBe('user');
      });

      it('lets a sub of 255 characters in', async () => {
        const sub = '\u00fc'.repeat(255);
        expect(await userLetIn(host, inQuery(good({ sub })))).toBe(sub);
      });

      it('answers the subprotocol live-messages, and never the token', async () => {
        const token = good();
        const client = knock(host, asSubprotocol(token));
        const upgraded = new Promise<Record<string, unknown>>((resolve) =>
          client.socket.once('upgrade', ({ headers }) => resolve(headers)),
        );
        const headers = await upgraded;
        expect(headers['sec-websocket-protocol']).toBe('live-messages');
        expect(JSON.stringify(headers)).not.toContain(token);
        await client.next();
        await client.close();
      });

      it('answers the subprotocol wherever it stands among those offered', async () => {
        const client = knock(host, { protocols: ['chat.v1', `bearer.${good()}`, 'live-messages'] });
        await client.next();
        expect(client.socket.protocol).toBe('live-messages');
        await client.close();
      });

      it('never negotiates an extension', async () => {
        const client = open(host.url, good(), { perMessageDeflate: true });
        await client.next();
        expect(client.socket.extensions).toBe('');
        await client.close();
      });
    });
  });
});
