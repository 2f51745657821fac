import { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { RedisEventLogOptions } from './redis-event-log.options';

/** What the log needs of a client of ioredis, whether of one server or of a Cluster. */
export interface RedisClient extends Pick<
  Redis,
  | 'evalsha'
  | 'eval'
  | 'xread'
  | 'xrange'
  | 'xtrim'
  | 'zadd'
  | 'zrange'
  | 'zrem'
  | 'zremrangebyscore'
  | 'hscan'
  | 'scard'
  | 'smismember'
  | 'connect'
  | 'disconnect'
> {
  on(event: 'ready' | 'end', listener: () => void): unknown;
  on(event: 'error' | 'node error', listener: (error: Error) => void): unknown;
}

/** Runs commands on a client that is ready, and rejects with a `LogUnavailableError`. */
export type AskRedis = <T>(run: (client: RedisClient) => Promise<T>) => Promise<T>;

/** The writer fails fast; the follower waits for its records as long as it takes. */
export type RedisRole = 'writer' | 'follower';

/** How long a socket that was ended may linger, in milliseconds: the other side may never answer. */
const DISCONNECT_MS = 200;

/** How long a connection may take, in milliseconds, where the host says nothing. */
const CONNECT_MS = 5_000;

/**
 * A new client that has not connected yet. It lives for one connection: coming back, with whatever address Sentinel or
 * the Cluster names by then, is the link's own matter, so that ioredis never sends anything twice by itself.
 */
export function makeClient(options: RedisEventLogOptions, role: RedisRole): RedisClient {
  const { client, cluster, url } = options;
  if (client) {
    // By its mark, not its class: it may come from another copy of ioredis.
    return client.isCluster ? duplicateCluster(client as Cluster, role) : duplicate(client as Redis, role);
  }
  if (cluster) return makeCluster(cluster.nodes, cluster.options ?? {}, role);
  const own = { ...options.options, ...ownOptions(options.options ?? {}, role) };
  return url === undefined ? new Redis(own) : new Redis(url, own);
}

/** What a host's own client or options put before every key. */
export function keyPrefixOf({ client, cluster, options }: RedisEventLogOptions): string {
  const given: { keyPrefix?: string; redisOptions?: { keyPrefix?: string } } =
    client?.options ?? cluster?.options ?? options ?? {};
  return given.keyPrefix ?? given.redisOptions?.keyPrefix ?? '';
}

function duplicate(client: Redis, role: RedisRole): Redis {
  return client.duplicate(ownOptions(client.options, role));
}

function duplicateCluster(client: Cluster, role: RedisRole): Cluster {
  return client.duplicate([], clusterOptions(client.options, role));
}

function makeCluster(nodes: readonly ClusterNode[], options: ClusterOptions, role: RedisRole): Cluster {
  return new Cluster([...nodes], { ...options, ...clusterOptions(options, role) });
}

function clusterOptions(options: ClusterOptions, role: RedisRole): ClusterOptions {
  const { retryStrategy: _, ...ofNodes } = ownOptions(options.redisOptions ?? {}, role);
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    clusterRetryStrategy: () => null,
    scaleReads: 'master',
    keyPrefix: '',
    redisOptions: { ...options.redisOptions, ...ofNodes },
  };
}

function ownOptions(options: Partial<RedisOptions>, role: RedisRole): RedisOptions {
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: true,
    enableAutoPipelining: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: role === 'writer' ? 1 : null,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
    reconnectOnError: null,
    role: 'master',
    readOnly: false,
    keyPrefix: '',
    // The shapes of replies are those of RESP2, whatever the release of ioredis.
    protocol: 2,
    replyMapping: 'legacy',
    stringNumbers: false,
    disableClientInfo: true,
    commandTimeout: undefined,
    blockingTimeout: undefined,
    socketTimeout: undefined,
    connectTimeout: options.connectTimeout ?? CONNECT_MS,
    disconnectTimeout: DISCONNECT_MS,
  };
}
