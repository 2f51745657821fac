import { createSecretKey } from 'node:crypto';
import { LiveMessagesOptions, TokenHeader } from 'nestjs-live-messages';
import { HTTP_SERVERS, Host } from './support/host';
import { KEY_PAIRS, inSeconds, jws, pemOf } from './support/jws';
import { Hosts, inQuery, outcomeAt, userLetIn } from './support/knock';
import { SECRET, tokenOf } from './support/tokens';

const SERVERS = Object.keys(HTTP_SERVERS) as (keyof typeof HTTP_SERVERS)[];
const HS256 = { alg: 'HS256', typ: 'JWT' };
const hosts = new Hosts();
afterAll(() => hosts.close());

describe.each(SERVERS)('the keys of %s', (http) => {
  const { rsa, otherRsa, p256, p384 } = KEY_PAIRS;
  const user = () => ({ sub: 'user', exp: inSeconds(60) });

  function starting(
    jwt: LiveMessagesOptions['jwt'],
    options: Partial<LiveMessagesOptions> = {},
  ): Promise<Host> {
    return hosts.start({ http, options: { ...options, jwt } });
  }

  describe('an RSA key', () => {
    let host: Host;
    beforeAll(async () => {
      const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256'] as const;
      host = await starting({ publicKey: pemOf(rsa), algorithms });
    });

    it.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])('lets %s in', async (alg) => {
      expect(await userLetIn(host, inQuery(jws({ alg }, user(), rsa.privateKey)))).toBe('user');
    });

    it.each([
      ['the signature of another key', () => jws({ alg: 'RS256' }, user(), otherRsa.privateKey)],
      ['the PSS signature of another key', () => jws({ alg: 'PS256' }, user(), otherRsa.privateKey)],
      ['the public key taken for a secret', () => jws({ alg: 'HS256', typ: 'JWT' }, user(), pemOf(rsa))],
      [
        'an RS signature that claims to be PS',
        () => resigned('PS256', jws({ alg: 'RS256' }, user(), rsa.privateKey)),
      ],
      ['alg none', () => jws({ alg: 'none' }, user())],
      ['an algorithm of another kind of key', () => jws({ alg: 'ES256' }, user(), p256.privateKey)],
      [
        'a signature of one byte',
        () => jws({ alg: 'RS256' }, user(), rsa.privateKey).replace(/[^.]+$/, 'AA'),
      ],
    ])('refuses %s', async (_what, token) => {
      expect(await outcomeAt(host, inQuery(token()))).toBe('3000 token invalid');
    });
  });

  describe('an elliptic key', () => {
    let host: Host;
    beforeAll(async () => {
      host = await starting({ publicKey: p256.publicKey, algorithms: ['ES256', 'ES384'] });
    });

    it('lets ES256 in', async () => {
      expect(await userLetIn(host, inQuery(jws({ alg: 'ES256' }, user(), p256.privateKey)))).toBe('user');
    });

    it.each([
      [
        'a signature of zeros',
        () => withSignature(jws({ alg: 'ES256' }, user(), p256.privateKey), Buffer.alloc(64)),
      ],
      [
        'a signature too short',
        () => withSignature(jws({ alg: 'ES256' }, user(), p256.privateKey), Buffer.alloc(10, 7)),
      ],
      [
        'a signature too long',
        () => withSignature(jws({ alg: 'ES256' }, user(), p256.privateKey), Buffer.alloc(65, 7)),
      ],
      ['a signature of another curve', () => jws({ alg: 'ES384' }, user(), p384.privateKey)],
      ['the public key taken for a secret', () => jws({ alg: 'HS256' }, user(), pemOf(p256))],
    ])('refuses %s', async (_what, token) => {
      expect(await outcomeAt(host, inQuery(token()))).toBe('3000 token invalid');
    });
  });

  describe('keys by kid', () => {
    let host: Host;
    const secrets = { old: 'the old secret', new: 'the new secret' };
    beforeAll(async () => {
      host = await starting({ keys: secrets, algorithms: ['HS256'] });
    });

    it.each(['old', 'new'] as const)('lets the %s key in while both are there', async (kid) => {
      expect(await userLetIn(host, inQuery(jws({ alg: 'HS256', kid }, user(), secrets[kid])))).toBe('user');
    });

    it.each([undefined, 'unknown', '', '__proto__', 'constructor', 0, null, ['old']])(
      'refuses the kid %j',
      async (kid) => {
        const token = jws({ alg: 'HS256', kid }, user(), secrets.old);
        expect(await outcomeAt(host, inQuery(token))).toBe('3000 token invalid');
      },
    );

    it('refuses a token that one key has signed and that names the other', async () => {
      const token = jws({ alg: 'HS256', kid: 'new' }, user(), secrets.old);
      expect(await outcomeAt(host, inQuery(token))).toBe('3000 token invalid');
    });

    it('refuses a token whose algorithm does not go with the key it names', async () => {
      const mixed = await starting({
        keys: { r: pemOf(rsa), e: pemOf(p256) },
        algorithms: ['RS256', 'ES256'],
      });
      const good = jws({ alg: 'ES256', kid: 'e' }, user(), p256.privateKey);
      expect(await userLetIn(mixed, inQuery(good))).toBe('user');
      const crossed = jws({ alg: 'ES256', kid: 'r' }, user(), p256.privateKey);
      expect(await outcomeAt(mixed, inQuery(crossed))).toBe('3000 token invalid');
    });
  });

  describe('keys that are looked up', () => {
    let host: Host;
    const asked: TokenHeader[] = [];
    beforeAll(async () => {
      host = await starting({
        algorithms: ['RS256'],
        resolveKey: (header) => {
          asked.push(header);
          return find(header.kid);
        },
      });
    });

    async function find(kid: string | undefined) {
      await Promise.resolve();
      switch (kid) {
        case 'pem':
          return pemOf(rsa);
        case 'buffer':
          return Buffer.from(pemOf(rsa));
        case 'object':
          return rsa.publicKey;
        case 'broken':
          throw new Error('the JWKS is down');
        case 'jwt-error':
          throw Object.assign(new Error('a library of the host'), { name: 'JsonWebTokenError' });
        case 'nonsense':
          return 'no key at all';
        case 'number':
          return 5 as never;
        case 'jwk':
          return { key: rsa.publicKey.export({ format: 'jwk' }), format: 'jwk' } as never;
        case 'secret':
          return createSecretKey(Buffer.from('a secret where a public key should be'));
        case undefined:
        default:
          return undefined;
      }
    }

    const signed = (kid?: string) => inQuery(jws({ alg: 'RS256', kid }, user(), rsa.privateKey));

    it.each(['pem', 'buffer', 'object', 'pem'])('takes a key as %s', async (kid) => {
      expect(await userLetIn(host, signed(kid))).toBe('user');
      expect(asked.at(-1)).toMatchObject({ alg: 'RS256', kid });
    });

    it.each([undefined, 'unknown'])('refuses a token when there is no key for its kid %j', async (kid) => {
      expect(await outcomeAt(host, signed(kid))).toBe('3000 token invalid');
    });

    it.each(['broken', 'jwt-error', 'nonsense', 'number', 'jwk', 'secret'])(
      'takes a failure of its own on itself: %s',
      async (kid) => {
        expect(await outcomeAt(host, signed(kid))).toBe('1011 internal error');
      },
    );

    it('takes no empty key, which anybody could sign with', async () => {
      const careless = await starting({ algorithms: ['HS256'], resolveKey: () => '' });
      expect(await outcomeAt(careless, inQuery(jws(HS256, user(), '')))).toBe('1011 internal error');
    });

    it('takes no public key for a secret, which everybody could sign with', async () => {
      const careless = await starting({ algorithms: ['HS256'], resolveKey: () => pemOf(rsa) });
      const forged = jws({ alg: 'HS256' }, user(), pemOf(rsa));
      expect(await outcomeAt(careless, inQuery(forged))).toBe('1011 internal error');
    });

    it.each([7, ['pem'], { toString: 'pem' }, null])(
      'does not ask for the kid %j, which is no text',
      async (kid) => {
        const before = asked.length;
        const token = jws({ alg: 'RS256', kid }, user(), rsa.privateKey);
        expect(await outcomeAt(host, inQuery(token))).toBe('3000 token invalid');
        expect(asked).toHaveLength(before);
      },
    );

    it('does not ask for the key of an algorithm that is not named', async () => {
      const before = asked.length;
      expect(await outcomeAt(host, inQuery(jws({ alg: 'HS256', kid: 'pem' }, user(), pemOf(rsa))))).toBe(
        '3000 token invalid',
      );
      expect(asked).toHaveLength(before);
    });
  });

  it('takes the user from the claim it is told', async () => {
    const host = await starting({ secret: SECRET, algorithms: ['HS256'], userIdClaim: 'user_id' });
    expect(await userLetIn(host, inQuery(tokenOf('not this', { user_id: 'but this' })))).toBe('but this');
    expect(await outcomeAt(host, inQuery(tokenOf('not this')))).toBe('3000 token invalid');
  });

  it('lets eternal tokens in where they are allowed, and still refuses those that have expired', async () => {
    const host = await starting({ secret: SECRET, algorithms: ['HS256'], allowEternalTokens: true });
    expect(await userLetIn(host, inQuery(jws(HS256, { sub: 'user' })))).toBe('user');
    expect(await outcomeAt(host, inQuery(jws(HS256, { sub: 'user', exp: 5 })))).toBe('3000 token expired');
    expect(await outcomeAt(host, inQuery(jws(HS256, { sub: 'user', exp: 'never' })))).toBe(
      '3000 token invalid',
    );
  });
});

/** The same signature under a header with another algorithm. */
function resigned(alg: string, token: string): string {
  const header = Buffer.from(JSON.stringify({ alg })).toString('base64url');
  return [header, ...token.split('.').slice(1)].join('.');
}

function withSignature(token: string, signature: Buffer): string {
  return token.replace(/[^.]+$/, signature.toString('base64url'));
}
