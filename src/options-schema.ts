import { KeyObject } from 'node:crypto';
import {
  ArrayNotEmpty,
  IsArray,
  IsOptional,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  buildMessage,
} from 'class-validator';
import { JWT_ALGORITHMS } from './gateway/jwt-options';
import { EventLog } from './log/event-log';

/** What fits a timer: a longer delay would fire at once. */
const MAX_MS = 2_147_483_647;

function Must(be: string, holds: (value: unknown) => boolean, each = false): PropertyDecorator {
  const defaultMessage = buildMessage((prefix) => `${prefix}must be ${be}`, { each });
  return ValidateBy({ name: be, validator: { validate: holds, defaultMessage } }, { each });
}

function WholeNumber(min: number, max: number): PropertyDecorator {
  return Must(
    `a whole number from ${min} to ${max}`,
    (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
  );
}

const Milliseconds = (min: number) => WholeNumber(min, MAX_MS);
const Bytes = (min: number) => WholeNumber(min, 2 ** 30);
const Flag = () => Must('true or false', (value) => typeof value === 'boolean');
const Fun = () => Must('a function', (value) => typeof value === 'function');
const Token = () => Must('the token of a provider: a class, a string or a symbol', isToken);
const Text = () => Must('a string that is not empty', (value) => typeof value === 'string' && value !== '');
const Texts = () => Must('a string that is not empty, or a list of them', isTexts);
const Key = () => Must('a string, a Buffer or a KeyObject that is not empty', isKey);

/** The option `jwt`, as class-validator sees it; what holds between its fields is `jwtProblems`'. */
class JwtSchema {
  @IsOptional() @Key() secret?: unknown;
  @IsOptional() @Key() publicKey?: unknown;
  @IsOptional() @Must('an object of keys by kid, at least one', isKeys) keys?: unknown;
  @IsOptional() @Fun() resolveKey?: unknown;
  @IsArray()
  @ArrayNotEmpty({ message: 'must name at least one algorithm' })
  @Must(`one of ${JWT_ALGORITHMS.join(', ')}`, (value) => JWT_ALGORITHMS.includes(value as never), true)
  algorithms?: unknown;
  @IsOptional() @Text() userIdClaim?: unknown;
  @IsOptional() @Texts() issuer?: unknown;
  @IsOptional() @Texts() audience?: unknown;
  @IsOptional() @Flag() allowEternalTokens?: unknown;
}

class HeartbeatSchema {
  @IsOptional() @Milliseconds(20) intervalMs?: unknown;
  @IsOptional() @Milliseconds(20) timeoutMs?: unknown;
}

class LimitsSchema {
  @IsOptional() @WholeNumber(1, 1_000_000) connectionsPerUser?: unknown;
  @IsOptional() @WholeNumber(1, 1_000_000) acceptsPerSecond?: unknown;
  @IsOptional() @WholeNumber(1, 1_000_000_000) clusterAcceptsPerSecond?: unknown;
  @IsOptional() @Bytes(1) contentBytes?: unknown;
  @IsOptional() @Bytes(256) eventBytes?: unknown;
}

class SlowConsumerSchema {
  @IsOptional() @Bytes(1_024) maxBytes?: unknown;
  @IsOptional() @Milliseconds(20) maxMs?: unknown;
}

class MembershipOptionsSchema {
  @IsOptional() @Milliseconds(20) recheckMs?: unknown;
  @IsOptional() @WholeNumber(1, 100_000) concurrency?: unknown;
  @IsOptional() @Milliseconds(1) timeoutMs?: unknown;
}

class RefreshSchema {
  @WholeNumber(1, 1_000_000) perSecond?: unknown;
}

class TypingSchema {
  @IsOptional() @Milliseconds(0) throttleMs?: unknown;
  @IsOptional() @Milliseconds(1) lifeMs?: unknown;
}

class PresenceSchema {
  @IsOptional() @Milliseconds(0) graceMs?: unknown;
  @IsOptional() @Flag() updateUsers?: unknown;
}

class DrainSchema {
  @IsOptional() @Milliseconds(0) spreadMs?: unknown;
  @IsOptional() @Milliseconds(1) timeoutMs?: unknown;
}

class HistorySchema {
  @IsOptional() @Milliseconds(10_000) maxMs?: unknown;
  @IsOptional() @Bytes(1_048_576) maxBytes?: unknown;
  @IsOptional() @Flag() compact?: unknown;
}

/** All options, as class-validator sees them. */
class OptionsSchema {
  @Must('an object with the keys that tokens are verified with', isObject) @ValidateNested() jwt?: unknown;
  @IsOptional() @Must('a path like "/ws", without a query', isPath) path?: unknown;
  @IsOptional() @Token() guard?: unknown;
  @IsOptional()
  @Must('"close" or "http"', (value) => value === 'close' || value === 'http')
  rejectWith?: unknown;
  @IsOptional()
  @Must('"any", a list of origins like "https://chat.example", or a function', isOrigins)
  origins?: unknown;
  @IsOptional() @Flag() greeting?: unknown;
  @IsOptional() @Must('an object', isObject) @ValidateNested() heartbeat?: unknown;
  @IsOptional() @Must('an object', isObject) @ValidateNested() limits?: unknown;
  @IsOptional() @Must('an object', isObject) @ValidateNested() slowConsumer?: unknown;
  @IsOptional() @Token() memberships?: unknown;
  @IsOptional() @Must('an object', isObject) @ValidateNested() membershipOptions?: unknown;
  @IsOptional() @Milliseconds(1) emitTimeoutMs?: unknown;
  @IsOptional()
  @ValidateIf(({ refresh }: OptionsSchema) => refresh !== false)
  @Must('{ perSecond } or false', isObject)
  @ValidateNested()
  refresh?: unknown;
  @IsOptional()
  @ValidateIf(({ history }: OptionsSchema) => history !== false)
  @Must('{ maxMs, maxBytes, compact } or false', isObject)
  @ValidateNested()
  history?: unknown;
  @IsOptional() @Must('an object', isObject) @ValidateNested() typing?: unknown;
  @IsOptional() @Must('an object', isObject) @ValidateNested() presence?: unknown;
  @IsOptional() @Must('an object', isObject) @ValidateNested() drain?: unknown;
  @IsOptional() @Must('an EventLog', (value) => value instanceof EventLog) log?: unknown;
  @IsOptional() @IsArray() events?: unknown;
}

const GROUPS = {
  jwt: JwtSchema,
  heartbeat: HeartbeatSchema,
  limits: LimitsSchema,
  slowConsumer: SlowConsumerSchema,
  membershipOptions: MembershipOptionsSchema,
  refresh: RefreshSchema,
  typing: TypingSchema,
  presence: PresenceSchema,
  drain: DrainSchema,
  history: HistorySchema,
};

/** The options in the classes that carry the rules. The values stay what they are: keys and logs are not cloned. */
export function toSchema(options: object): OptionsSchema {
  const schema = Object.assign(new OptionsSchema(), options);
  for (const [name, Group] of Object.entries(GROUPS)) {
    const group = schema[name as keyof OptionsSchema];
    if (isObject(group)) schema[name as keyof OptionsSchema] = Object.assign(new Group(), group);
  }
  return schema;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isToken(value: unknown): boolean {
  return (
    typeof value === 'function' || typeof value === 'symbol' || (typeof value === 'string' && value !== '')
  );
}

function isTexts(value: unknown): boolean {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.length > 0 && list.every((text) => typeof text === 'string' && text !== '');
}

function isKey(value: unknown): boolean {
  return (
    value instanceof KeyObject || ((typeof value === 'string' || Buffer.isBuffer(value)) && value.length > 0)
  );
}

function isKeys(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length > 0 && Object.values(value).every(isKey);
}

/** As it stands in a request: whole segments, none of them `.` or `..`, and no slash at the end. */
function isPath(value: unknown): boolean {
  return typeof value === 'string' && /^(?:\/|(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+)$/.test(value);
}

function isOrigins(value: unknown): boolean {
  if (value === 'any' || typeof value === 'function') return true;
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((origin) => typeof origin === 'string' && isOrigin(origin))
  );
}

function isOrigin(text: string): boolean {
  return text === 'null' || (URL.canParse(text) && new URL(text).origin === text);
}
