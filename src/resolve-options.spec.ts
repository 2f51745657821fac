import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { JwtConnectionGuard } from './gateway/jwt-connection.guard';
import { InvalidOptionsError } from './live-messages.errors';
import { LiveMessagesOptions } from './live-messages.options';
import { MemoryEventLog } from './log/memory-event-log';
import { resolveOptions } from './resolve-options';

const SECRET = 'correct horse battery staple';
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const jwt = { secret: SECRET, algorithms: ['HS256'] } as const;

type Loose = Record<string, unknown>;

function resolve(options: Loose) {
  return resolveOptions(options as unknown as LiveMessagesOptions);
}

/** What is wrong with options, line by line. */
function problemsOf(options: unknown): readonly string[] {
  try {
    resolveOptions(options as LiveMessagesOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionsError);
    const { problems, message, name } = error as InvalidOptionsError;
    expect(name).toBe('InvalidOptionsError');
    expect(message).toBe(`LiveMessagesModule options are not valid: ${problems.join('; ')}`);
    return problems;
  }
  return [];
}

/** The options with one of them, `limits.eventBytes` say, set. */
function withOption(path: string, value: unknown): Loose {
  const [name, field] = path.split('.') as [string, string | undefined];
  if (field === undefined) return { jwt, [name]: value };
  return { jwt, [name]: { ...(name === 'jwt' ? jwt : {}), [field]: value } };
}

describe('the options', () => {
  it('have defaults for everything but jwt', () => {
    expect(resolve({ jwt })).toEqual({
      jwt,
      path: '/ws',
      guard: JwtConnectionGuard,
      rejectWith: 'close',
      origins: 'any',
      greeting: true,
      heartbeat: { intervalMs: 25_000, timeoutMs: 10_000 },
      limits: {
        connectionsPerUser: 20,
        acceptsPerSecond: 2_000,
        clusterAcceptsPerSecond: Infinity,
        contentBytes: 65_536,
        eventBytes: 262_144,
      },
      slowConsumer: { maxBytes: 1_048_576, maxMs: 10_000 },
      memberships: undefined,
      membershipOptions: { recheckMs: 300_000, concurrency: 50, timeoutMs: 5_000 },
      emitTimeoutMs: 5_000,
      refresh: { perSecond: 500 },
      typing: { throttleMs: 2_000, lifeMs: 5_000 },
      drain: { spreadMs: 8_000, timeoutMs: 20_000 },
      presence: { graceMs: 10_000, updateUsers: false },
      history: { maxMs: 300_000, maxBytes: 67_108_864, compact: true },
      log: undefined,
      events: [],
    });
  });

  it('that are undefined or null were not said', () => {
    const unsaid = Object.fromEntries(
      Object.keys(resolve({ jwt }))
        .filter((name) => name !== 'jwt')
        .map((name, index) => [name, index % 2 ? null : undefined]),
    );
    expect(resolve({ jwt, ...unsaid })).toEqual(resolve({ jwt }));
    expect(resolve({ jwt, heartbeat: { intervalMs: undefined, timeoutMs: null } }).heartbeat).toEqual(
      resolve({ jwt }).heartbeat,
    );
  });

  it('keep the other fields of a group of which one is said', () => {
    expect(resolve({ jwt, limits: { connectionsPerUser: 3 } }).limits).toEqual({
      connectionsPerUser: 3,
      acceptsPerSecond: 2_000,
      clusterAcceptsPerSecond: Infinity,
      contentBytes: 65_536,
      eventBytes: 262_144,
    });
  });

  it('keep users online for as long as they may take to come back from a node that stops', () => {
    const drain = { spreadMs: 30_000, timeoutMs: 60_000 };
    expect(resolve({ jwt, drain }).presence.graceMs).toBe(32_000);
    expect(resolve({ jwt, drain, presence: { graceMs: 5_000 } }).presence.graceMs).toBe(5_000);
  });

  it('are taken as they are: keys, logs and functions are not cloned', () => {
    const log = new MemoryEventLog();
    const secret = createSecretKey(Buffer.from(SECRET));
    const origins = () => true;
    const resolved = resolve({ jwt: { ...jwt, secret }, log, origins });
    expect(resolved.log).toBe(log);
    expect(resolved.jwt.secret).toBe(secret);
    expect(resolved.origins).toBe(origins);
  });

  it.each([undefined, null, 5, 'options'])('must be an object, not %p', (options) => {
    expect(problemsOf(options)).toEqual(['the options must be an object']);
  });

  it('are all complained about at once', () => {
    expect(problemsOf({ jwt, path: 'ws', greeting: 1, limits: { eventBytes: 1 } })).toHaveLength(3);
  });
});

describe('a number', () => {
  const MS = 2_147_483_647;
  it.each<[path: string, min: number, max: number]>([
    ['heartbeat.intervalMs', 20, MS],
    ['heartbeat.timeoutMs', 20, MS],
    ['limits.connectionsPerUser', 1, 1_000_000],
    ['limits.acceptsPerSecond', 1, 1_000_000],
    ['limits.clusterAcceptsPerSecond', 1, 1_000_000_000],
    ['limits.contentBytes', 1, 2 ** 30],
    ['limits.eventBytes', 256, 2 ** 30],
    ['slowConsumer.maxBytes', 1_024, 2 ** 30],
    ['slowConsumer.maxMs', 20, MS],
    ['membershipOptions.recheckMs', 20, MS],
    ['membershipOptions.concurrency', 1, 100_000],
    ['membershipOptions.timeoutMs', 1, MS],
    ['emitTimeoutMs', 1, MS],
    ['refresh.perSecond', 1, 1_000_000],
    ['typing.throttleMs', 0, MS],
    ['typing.lifeMs', 1, MS],
    ['presence.graceMs', 0, MS],
    ['history.maxMs', 10_000, MS],
    ['history.maxBytes', 1_048_576, 2 ** 30],
  ])('%s is whole, and from %i to %i', (path, min, max) => {
    for (const good of [min, max]) expect(problemsOf(withOption(path, good))).toEqual([]);
    const wrong: [unknown, string][] = [
      [min - 1, String(min - 1)],
      [max + 1, String(max + 1)],
      [min + 0.5, String(min + 0.5)],
      ['25', '"25"'],
      [true, 'true'],
      [5n, '5'],
      [[min], `[${min}]`],
      [{ ms: min }, 'an object'],
    ];
    for (const [value, shown] of wrong) {
      const expected = `${path} must be a whole number from ${min} to ${max}, got ${shown}`;
      expect(problemsOf(withOption(path, value))).toEqual([expected]);
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('is not %p', (value) => {
    expect(problemsOf(withOption('emitTimeoutMs', value))).toEqual([
      `emitTimeoutMs must be a whole number from 1 to ${MS}, got ${value}`,
    ]);
  });

  it('drain.spreadMs is less than drain.timeoutMs, also when only one of them is said', () => {
    expect(problemsOf({ jwt, drain: { spreadMs: 0, timeoutMs: 1 } })).toEqual([]);
    expect(problemsOf({ jwt, drain: { timeoutMs: 8_000 } })).toEqual([
      'drain.spreadMs must be less than drain.timeoutMs, got 8000 and 8000',
    ]);
    expect(problemsOf({ jwt, drain: { spreadMs: 20_000 } })).toHaveLength(1);
    expect(problemsOf({ jwt, drain: { spreadMs: -1 } })).toHaveLength(1);
  });
});

describe('any other option', () => {
  class Host {}
  it.each<[path: string, value: unknown]>([
    ['path', '/'],
    ['path', '/chat/v1.2/live-messages_~'],
    ['guard', Host],
    ['guard', 'token'],
    ['guard', Symbol('token')],
    ['memberships', Host],
    ['memberships', 'token'],
    ['rejectWith', 'http'],
    ['origins', 'any'],
    ['origins', ['https://chat.example', 'http://localhost:5173', 'null']],
    ['origins', () => true],
    ['greeting', false],
    ['refresh', false],
    ['history', false],
    ['history.compact', false],
    ['events', [Host]],
    ['jwt.userIdClaim', 'user_id'],
    ['jwt.issuer', ['https://a.example', 'https://b.example']],
    ['jwt.audience', 'live'],
    ['jwt.allowEternalTokens', true],
  ])('%s may be %p', (path, value) => {
    expect(problemsOf(withOption(path, value))).toEqual([]);
  });

  it.each<[path: string, value: unknown, problem: string]>([
    ['path', 'ws', 'path must be a path like "/ws", without a query, got "ws"'],
    ['path', '', 'path must be a path like "/ws", without a query, got ""'],
    ['path', '/ws?a=1', 'path must be a path like "/ws", without a query, got "/ws?a=1"'],
    ['path', '/ws/', 'path must be a path like "/ws", without a query, got "/ws/"'],
    ['path', '/a/../ws', 'path must be a path like "/ws", without a query, got "/a/../ws"'],
    ['path', '/./ws', 'path must be a path like "/ws", without a query, got "/./ws"'],
    ['path', '//ws', 'path must be a path like "/ws", without a query, got "//ws"'],
    ['path', '/:room', 'path must be a path like "/ws", without a query, got "/:room"'],
    ['path', /ws/, 'path must be a path like "/ws", without a query, got an object'],
    ['guard', '', 'guard must be the token of a provider: a class, a string or a symbol, got ""'],
    [
      'guard',
      new Host(),
      'guard must be the token of a provider: a class, a string or a symbol, got an object',
    ],
    ['memberships', 5, 'memberships must be the token of a provider: a class, a string or a symbol, got 5'],
    ['rejectWith', '401', 'rejectWith must be "close" or "http", got "401"'],
    [
      'origins',
      'https://chat.example',
      'origins must be "any", a list of origins like "https://chat.example", or a function, got "https://chat.example"',
    ],
    [
      'origins',
      [],
      'origins must be "any", a list of origins like "https://chat.example", or a function, got []',
    ],
    [
      'origins',
      ['https://chat.example/'],
      'origins must be "any", a list of origins like "https://chat.example", or a function, got ["https://chat.example/"]',
    ],
    [
      'origins',
      ['*'],
      'origins must be "any", a list of origins like "https://chat.example", or a function, got ["*"]',
    ],
    ['greeting', 'no', 'greeting must be true or false, got "no"'],
    ['log', {}, 'log must be an EventLog, got an object'],
    ['jwt.userIdClaim', '', 'jwt.userIdClaim must be a string that is not empty, got ""'],
    [
      'jwt.allowEternalTokens',
      'yes',
      'jwt.allowEternalTokens must be true or false, got a string of 3 characters',
    ],
  ])('%s must not be %p', (path, value, problem) => {
    expect(problemsOf(withOption(path, value))).toEqual([problem]);
  });

  it.each(['heartbeat', 'limits', 'slowConsumer', 'membershipOptions', 'typing', 'drain'])(
    '%s must be an object',
    (name) => {
      for (const value of [5, 'fast', [1], false]) {
        const [first] = problemsOf(withOption(name, value));
        expect(first).toMatch(new RegExp(`^${name} .*got ${value === 5 ? '5' : ''}`));
      }
    },
  );

  it('events must be a list', () => {
    expect(problemsOf(withOption('events', Host))).toEqual([
      expect.stringMatching(/^events must be an array, got /),
    ]);
  });

  it('refresh must be { perSecond } or false', () => {
    const [problem] = problemsOf(withOption('refresh', true));
    expect(problem).toBe('refresh must be { perSecond } or false, got true');
    expect(problemsOf(withOption('refresh', {}))).toEqual([
      'refresh.perSecond must be a whole number from 1 to 1000000, got nothing',
    ]);
  });

  it.each([
    ['secret', 'secret is not an option'],
    ['heartbeat.interval', 'heartbeat.interval is not an option'],
    ['limits.messageBytes', 'limits.messageBytes is not an option'],
    ['jwt.secretKey', 'jwt.secretKey is not an option'],
    ['jwt.algorithm', 'jwt.algorithm is not an option'],
    ['drain.spread', 'drain.spread is not an option'],
  ])('that does not exist, like %s, is refused without its value', (path, problem) => {
    expect(problemsOf(withOption(path, SECRET))).toEqual([problem]);
  });
});

describe('the option jwt', () => {
  const problemsOfJwt = (value: unknown) => problemsOf({ jwt: value });

  it.each<[what: string, jwt: object]>([
    ['a secret', { secret: SECRET, algorithms: ['HS256', 'HS512'] }],
    ['a secret in bytes', { secret: Buffer.from(SECRET), algorithms: ['HS256'] }],
    ['a public key', { publicKey: PEM, algorithms: ['RS256', 'PS256'] }],
    ['a public KeyObject', { publicKey, algorithms: ['RS256'] }],
    ['keys by kid', { keys: { old: SECRET, new: SECRET }, algorithms: ['HS256'] }],
    ['a look-up', { resolveKey: () => undefined, algorithms: ['ES256'] }],
    [
      'a secret, and nulls for the rest',
      { secret: SECRET, publicKey: null, keys: null, algorithms: ['HS256'] },
    ],
    ['a public key, and nulls for the rest', { publicKey: PEM, secret: null, algorithms: ['RS256'] }],
  ])('may have %s', (_what, value) => {
    expect(problemsOfJwt(value)).toEqual([]);
  });

  it('is the one that must be there', () => {
    const [problem] = problemsOf({});
    expect(problem).toBe('jwt must be an object with the keys that tokens are verified with, got nothing');
  });

  it.each<[what: string, jwt: object, problem: string]>([
    [
      'no key',
      { algorithms: ['HS256'] },
      'jwt must have exactly one of secret, publicKey, keys and resolveKey, got none',
    ],
    [
      'two kinds of keys',
      { secret: SECRET, keys: { a: SECRET }, algorithms: ['HS256'] },
      'jwt must have exactly one of secret, publicKey, keys and resolveKey, got secret and keys',
    ],
    [
      'both families of algorithms',
      { keys: { a: PEM }, algorithms: ['RS256', 'HS256'] },
      'jwt.algorithms must not mix HS algorithms with others, got RS256, HS256: a public key would pass for a secret',
    ],
    [
      'a secret for RS',
      { secret: SECRET, algorithms: ['RS256'] },
      'jwt.secret goes with HS algorithms, got RS256: use jwt.publicKey',
    ],
    [
      'a public key for HS',
      { publicKey: PEM, algorithms: ['HS256'] },
      'jwt.publicKey goes with RS, PS and ES algorithms, got HS256',
    ],
    [
      'a public key as the secret',
      { secret: `\n${PEM}`, algorithms: ['HS256'] },
      'jwt.secret must be a secret, got a PEM key: use jwt.publicKey',
    ],
    [
      'a public key as the secret, in bytes',
      { secret: Buffer.from(PEM), algorithms: ['HS256'] },
      'jwt.secret must be a secret, got a PEM key: use jwt.publicKey',
    ],
  ])('refuses %s', (_what, value, problem) => {
    expect(problemsOfJwt(value)).toEqual([problem]);
  });

  it('refuses a public key among the keys of HS algorithms, which everybody knows', () => {
    expect(problemsOfJwt({ keys: { a: SECRET, b: PEM }, algorithms: ['HS256'] })).toHaveLength(1);
  });

  it.each([[['none']], [['EdDSA']], [['hs256']], [['HS256', 'none']], [[5]]])(
    'refuses the algorithms %j by their names',
    (algorithms) => {
      const [problem] = problemsOfJwt({ secret: SECRET, algorithms });
      expect(problem).toMatch(/^jwt\.algorithms (each value in )?must be one of HS256, .*, ES512, got /);
      expect(problem).toContain(JSON.stringify(algorithms));
    },
  );

  it.each([undefined, null, [], 'HS256', {}])('refuses %j as algorithms', (algorithms) => {
    expect(problemsOfJwt({ secret: SECRET, algorithms })[0]).toMatch(/^jwt\.algorithms /);
  });

  it.each<[what: string, jwt: unknown]>([
    ['in the place of jwt', SECRET],
    ['in the place of jwt, in a list', [SECRET]],
    ['in the place of jwt, in bytes', Buffer.from(SECRET)],
    ['as an unknown field', { ...jwt, key: SECRET }],
    ['as a secret beside wrong algorithms', { secret: SECRET, algorithms: ['RS256'] }],
    ['as keys that are no object', { keys: SECRET, algorithms: ['HS256'] }],
    ['as keys in a list', { keys: [SECRET], algorithms: ['HS256'] }],
    ['as a key among bad ones', { keys: { a: SECRET, b: '' }, algorithms: ['HS256'] }],
    ['as a secret in a list', { secret: [SECRET], algorithms: ['HS256'] }],
    ['as a secret in an object', { secret: { text: SECRET }, algorithms: ['HS256'] }],
    ['as a public key for HS', { publicKey: SECRET, algorithms: ['HS256'] }],
    ['as resolveKey', { resolveKey: SECRET, algorithms: ['HS256'] }],
    ['as the issuer', { ...jwt, issuer: { secret: SECRET } }],
  ])("does not give a key's text away that stands %s", (_what, value) => {
    const problems = problemsOfJwt(value);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).not.toContain(SECRET);
    expect(problems.join('\n')).not.toContain(Buffer.from(SECRET).toString('base64'));
    expect(problems.join('\n')).not.toContain([...Buffer.from(SECRET)].join(','));
  });
});
