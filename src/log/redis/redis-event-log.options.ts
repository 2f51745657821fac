import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { InvalidOptionsError } from '../../live-messages.errors';

/** Where Redis is: exactly one of `url`, `options`, `cluster` and `client`, or `url` with `options`. */
export interface RedisEventLogOptions {
  /** `redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS. */
  readonly url?: string;
  /** ioredis's own: `sentinels` and `name`, `tls`, `username` and `password`, … What concerns reconnecting is the log's. */
  readonly options?: RedisOptions;
  /** A Redis Cluster: where to find it, and ioredis's own options for it. */
  readonly cluster?: { readonly nodes: readonly ClusterNode[]; readonly options?: ClusterOptions };
  /** A client that the host has: it is duplicated, never used, never closed. Its `keyPrefix` counts. */
  readonly client?: Redis | Cluster;
  /**
   * What the keys begin with, as the one hash tag: `{live-messages}:log`. One prefix, one log.
   *
   * @default 'live-messages'
   */
  readonly prefix?: string;
  /** For how long records are kept, in milliseconds, and with them what a node that starts can replay. @default 300000 */
  readonly maxMs?: number;
  /** How many records are kept at most, roughly. @default 1000000 */
  readonly maxRecords?: number;
  /**
   * Told what goes wrong with Redis, each time it does: credentials and records are not in it.
   *
   * @default one line in Nest's log, at most every 10 s for the same message
   */
  readonly onError?: (message: string, error: Error) => void;
}

const KEYS: readonly string[] = [
  'url',
  'options',
  'cluster',
  'client',
  'prefix',
  'maxMs',
  'maxRecords',
  'onError',
] satisfies (keyof RedisEventLogOptions)[];

/**
 * A log that quietly went elsewhere than its host meant would split the nodes: whatever is unclear is refused.
 *
 * @throws InvalidOptionsError without any value: one may hold a password
 */
export function checkOptions(options: RedisEventLogOptions): void {
  const problems = problemsOf(options).map((problem) => `log: redisEventLog({ … }): ${problem}`);
  if (problems.length > 0) throw new InvalidOptionsError(problems);
}

function problemsOf(given: RedisEventLogOptions): string[] {
  if (typeof given !== 'object' || given === null) return ['needs an object'];
  const problems: string[] = [];
  const has = (key: keyof RedisEventLogOptions) => given[key] !== undefined && given[key] !== null;
  const named = (['url', 'options', 'cluster', 'client'] as const).filter(has);
  const empty = (['url', 'options', 'cluster', 'client'] as const).filter((key) => key in given && !has(key));
  for (const key of empty) problems.push(`${key} must not be ${given[key] === null ? 'null' : 'undefined'}`);
  const isOne = named.length === 1 || named.join() === 'url,options';
  if (!isOne && empty.length === 0) {
    problems.push('needs exactly one of url, options, cluster and client, or url with options');
  }
  for (const key of Object.keys(given)) if (!KEYS.includes(key)) problems.push(`${key} is no option`);
  if (has('url') && !isRedisUrl(given.url)) problems.push('url must be a redis:// or rediss:// URL');
  if (has('client') && typeof given.client?.duplicate !== 'function')
    problems.push('client must be a client of ioredis');
  if (has('cluster') && !(Array.isArray(given.cluster?.nodes) && given.cluster.nodes.length > 0))
    problems.push('cluster.nodes must name at least one node');
  if (has('prefix') && !/^[^{}\s]+$|^[^{}\s]*\{[^{}\s]+\}[^{}\s]*$/.test(given.prefix!))
    problems.push('prefix must be text without blanks, with at most one {hash tag}');
  if (has('maxMs') && !isWhole(given.maxMs, 1_000)) problems.push('maxMs must be a whole number from 1000');
  if (has('maxRecords') && !isWhole(given.maxRecords, 1_000))
    problems.push('maxRecords must be a whole number from 1000');
  if (has('onError') && typeof given.onError !== 'function') problems.push('onError must be a function');
  return problems;
}

function isRedisUrl(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (protocol === 'redis:' || protocol === 'rediss:') && hostname !== '';
}

function isWhole(value: unknown, from: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= from;
}
