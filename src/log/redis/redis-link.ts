import { RedisClient } from './redis-client';
import { plainError } from './redis-error';

export interface RedisLinkOptions {
  /** A new client, not connected yet. */
  readonly make: () => RedisClient;
  /** How long one attempt may take until the server has said that it is ready, in milliseconds. */
  readonly connectMs: number;
  readonly onUp?: () => void;
  /** An attempt failed, or the connection is gone. */
  readonly onDown: (error: Error) => void;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' | 'ready'; readonly client: RedisClient }
  | { readonly kind: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'closed' };

interface Waiter {
  readonly resolve: (client: RedisClient) => void;
  readonly reject: (error: Error) => void;
}

const BACK_OFF_MS = { first: 50, most: 1_000 };

/**
 * A connection that comes back: each attempt is a client of its own, so that nothing that was sent over one that is gone
 * is sent again, and the address is asked for anew. Opens nothing until it is asked for.
 */
export class RedisLink {
  private state: State = { kind: 'idle' };
  private readonly waiters = new Set<Waiter>();
  private failures = 0;
  /** Since when it is wanted and not there, on the clock of `performance.now()`. */
  private missingSince: number | undefined;
  private lastError = new Error('the connection is not there yet');
  private attempt: NodeJS.Timeout | undefined;

  constructor(private readonly options: RedisLinkOptions) {}

  /**
   * A client that is ready.
   *
   * @param graceMs for how long the connection may have been missing before this rejects at once
   */
  ready(graceMs: number): Promise<RedisClient> {
    if (this.state.kind === 'ready') return Promise.resolve(this.state.client);
    if (this.state.kind === 'closed') return Promise.reject(new Error('the log is closed'));
    if (this.state.kind === 'idle') this.connect();
    const leftMs = this.missingSince! + graceMs - performance.now();
    if (leftMs <= 0) return Promise.reject(this.lastError);
    return new Promise((resolve, reject) => {
      const timer =
        leftMs === Number.POSITIVE_INFINITY
          ? undefined
          : setTimeout(() => settle(reject, this.lastError), leftMs);
      const settle = <T>(by: (value: T) => void, value: T) => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        by(value);
      };
      const waiter: Waiter = {
        resolve: (client) => settle(resolve, client),
        reject: (error) => settle(reject, error),
      };
      this.waiters.add(waiter);
    });
  }

  /** Gives a connection up that does not answer, or answers from the wrong server. */
  drop(client: RedisClient, why: Error): void {
    if (!this.isCurrent(client)) return;
    client.disconnect();
    this.lost(client, why);
  }

  /** Gives up whatever connection there is. */
  renew(why: Error): void {
    if (this.state.kind === 'ready') this.drop(this.state.client, why);
  }

  /** Ends it, also while it connects. May be called twice. */
  close(): void {
    const { state } = this;
    this.state = { kind: 'closed' };
    clearTimeout(this.attempt);
    if (state.kind === 'connecting' || state.kind === 'ready') state.client.disconnect();
    if (state.kind === 'waiting') clearTimeout(state.timer);
    for (const waiter of this.waiters) waiter.reject(new Error('the log is closed'));
  }

  private connect(): void {
    this.missingSince ??= performance.now();
    const client = this.options.make();
    let cause: Error | undefined;
    this.state = { kind: 'connecting', client };
    const keepCause = (error: Error) => (cause = plainError(error));
    client.on('error', keepCause);
    client.on('node error', keepCause);
    client.on('ready', () => this.arrived(client));
    client.on('end', () => this.lost(client, cause ?? new Error('the connection was closed')));
    client.connect().catch((error: Error) => this.lost(client, cause ?? plainError(error)));
    const tooLate = new Error(`not ready within ${this.options.connectMs} ms`);
    this.attempt = setTimeout(() => this.drop(client, cause ?? tooLate), this.options.connectMs);
  }

  private arrived(client: RedisClient): void {
    if (!this.isCurrent(client)) return client.disconnect();
    clearTimeout(this.attempt);
    this.state = { kind: 'ready', client };
    this.failures = 0;
    this.missingSince = undefined;
    for (const waiter of this.waiters) waiter.resolve(client);
    this.options.onUp?.();
  }

  private lost(client: RedisClient, error: Error): void {
    if (!this.isCurrent(client)) return;
    clearTimeout(this.attempt);
    client.disconnect();
    this.lastError = error;
    this.missingSince ??= performance.now();
    const delay = Math.min(BACK_OFF_MS.first * 2 ** this.failures, BACK_OFF_MS.most);
    this.failures = Math.min(this.failures + 1, 10);
    // Jitter: all nodes lost it in the same moment.
    const timer = setTimeout(() => this.connect(), delay * (0.5 + Math.random() / 2));
    this.state = { kind: 'waiting', timer };
    this.options.onDown(error);
  }

  private isCurrent(client: RedisClient): boolean {
    return (this.state.kind === 'connecting' || this.state.kind === 'ready') && this.state.client === client;
  }
}
