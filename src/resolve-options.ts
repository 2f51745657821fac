import { ValidationError, validateSync } from 'class-validator';
import { JwtConnectionGuard } from './gateway/jwt-connection.guard';
import { JwtOptions, isSymmetric, looksLikePem } from './gateway/jwt-options';
import { InvalidOptionsError } from './live-messages.errors';
import { LiveMessagesOptions, ResolvedOptions } from './live-messages.options';
import { toSchema } from './options-schema';

const DEFAULTS = {
  path: '/ws',
  guard: JwtConnectionGuard,
  rejectWith: 'close',
  origins: 'any',
  greeting: true,
  heartbeat: { intervalMs: 25_000, timeoutMs: 10_000 },
  limits: {
    connectionsPerUser: 20,
    acceptsPerSecond: 2_000,
    clusterAcceptsPerSecond: Number.POSITIVE_INFINITY,
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
  history: { maxMs: 300_000, maxBytes: 67_108_864, compact: true },
  log: undefined,
  events: [],
} as const satisfies Omit<ResolvedOptions, 'jwt' | 'presence'>;

/** How long a user without a connection counts as online, in milliseconds: who is sent away comes back within `drain.spreadMs`. */
const GRACE_MS = { least: 10_000, afterSpread: 2_000 };

/** The four ways in which a key comes. */
const KEY_OPTIONS = ['secret', 'publicKey', 'keys', 'resolveKey'] as const;

/**
 * The options, checked, with their defaults.
 *
 * @throws InvalidOptionsError that names each option, what was expected of it, and what it was; never a key
 */
export function resolveOptions(options: LiveMessagesOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null)
    throw new InvalidOptionsError(['the options must be an object']);
  const rules = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };
  const problems = validateSync(toSchema(options), rules).flatMap((error) => problemsOf(error));
  if (problems.length === 0) problems.push(...jwtProblems(options.jwt));
  if (problems.length > 0) throw new InvalidOptionsError(problems);
  const drain = { ...DEFAULTS.drain, ...given(options.drain) };
  if (drain.spreadMs >= drain.timeoutMs) {
    const problem = `drain.spreadMs must be less than drain.timeoutMs, got ${drain.spreadMs} and ${drain.timeoutMs}`;
    throw new InvalidOptionsError([problem]);
  }
  return {
    ...DEFAULTS,
    ...given(options),
    jwt: options.jwt,
    heartbeat: { ...DEFAULTS.heartbeat, ...given(options.heartbeat) },
    limits: { ...DEFAULTS.limits, ...given(options.limits) },
    slowConsumer: { ...DEFAULTS.slowConsumer, ...given(options.slowConsumer) },
    membershipOptions: { ...DEFAULTS.membershipOptions, ...given(options.membershipOptions) },
    typing: { ...DEFAULTS.typing, ...given(options.typing) },
    drain,
    presence: {
      graceMs: Math.max(GRACE_MS.least, drain.spreadMs + GRACE_MS.afterSpread),
      updateUsers: false,
      ...given(options.presence),
    },
    history: options.history !== false && { ...DEFAULTS.history, ...given(options.history) },
  };
}

/** What was said: an option that is undefined or null was not. */
function given<T extends object>(options: T | undefined): Partial<T> {
  return Object.fromEntries(
    Object.entries(options ?? {}).filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<T>;
}

function problemsOf(error: ValidationError, parent = ''): string[] {
  const path = `${parent}${error.property}`;
  const broken = Object.entries(error.constraints ?? {});
  // What is no object has been told so already.
  const rules = broken.length > 1 ? broken.filter(([rule]) => rule !== 'nestedValidation') : broken;
  const own = rules.map(([rule, message]) => {
    if (rule === 'whitelistValidation') return `${path} is not an option`;
    return `${path} ${withoutProperty(message, error.property)}, got ${show(path, error.value)}`;
  });
  return [...own, ...(error.children ?? []).flatMap((child) => problemsOf(child, `${path}.`))];
}

/** class-validator's own messages begin with the property, which the path already says. */
function withoutProperty(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}

/** A value as it may stand in a log: nothing of `jwt` that could be a key. */
function show(path: string, value: unknown): string {
  const isSecret = /^jwt(\.|$)/.test(path) && path !== 'jwt.algorithms' && path !== 'jwt.userIdClaim';
  if (typeof value === 'string' && isSecret) return `a string of ${value.length} characters`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null && (isSecret || !Array.isArray(value))) return 'an object';
  return typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'number'
    ? String(value)
    : (JSON.stringify(value) ?? 'nothing');
}

function jwtProblems(jwt: JwtOptions): string[] {
  const { algorithms } = jwt;
  const [way, ...others] = KEY_OPTIONS.filter((name) => (jwt[name] ?? undefined) !== undefined);
  if (way === undefined || others.length > 0) {
    const got = [way, ...others].join(' and ') || 'none';
    return [`jwt must have exactly one of secret, publicKey, keys and resolveKey, got ${got}`];
  }
  const named = algorithms.join(', ');
  const symmetric = isSymmetric(jwt);
  if (!symmetric && algorithms.some((algorithm) => algorithm.startsWith('HS'))) {
    return [
      `jwt.algorithms must not mix HS algorithms with others, got ${named}: a public key would pass for a secret`,
    ];
  }
  if (way === 'secret' && !symmetric)
    return [`jwt.secret goes with HS algorithms, got ${named}: use jwt.publicKey`];
  if (way === 'publicKey' && symmetric)
    return [`jwt.publicKey goes with RS, PS and ES algorithms, got ${named}`];
  const secrets = [jwt.secret, ...Object.values(jwt.keys ?? {})];
  if (symmetric && secrets.some(looksLikePem))
    return [`jwt.${way} must be a secret, got a PEM key: use jwt.publicKey`];
  return [];
}
