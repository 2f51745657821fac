import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** A `redis-server` of a test's own, on a port of its own, that can be treated badly. */
export class RedisServer {
  private child: ChildProcess | undefined;
  /** Where its data are. */
  readonly dir = mkdtempSync(join(tmpdir(), 'live-redis-'));

  private constructor(
    readonly port: number,
    private readonly args: readonly string[],
  ) {}

  /** @param args of redis-server: `'--requirepass', 'secret'` */
  static async start(...args: string[]): Promise<RedisServer> {
    for (let attempt = 1; ; attempt += 1) {
      const server = await RedisServer.prepare(...args);
      try {
        await server.up();
        return server;
      } catch (error) {
        // Somebody else may have taken the port meanwhile.
        if (attempt === 3) throw error;
      }
    }
  }

  /** Has a port, and does not run yet. */
  static async prepare(...args: string[]): Promise<RedisServer> {
    return new RedisServer(await freePort(), args);
  }

  /** A Sentinel that watches these masters. @param monitors lines of a sentinel.conf, without the word `sentinel` */
  static async startSentinel(...monitors: string[]): Promise<RedisServer> {
    const sentinel = await RedisServer.prepare('--sentinel');
    writeFileSync(join(sentinel.dir, 'sentinel.conf'), monitors.map((line) => `sentinel ${line}\n`).join(''));
    await sentinel.up();
    return sentinel;
  }

  private get isSentinel(): boolean {
    return this.args.includes('--sentinel');
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, with the data that it had. */
  async up(): Promise<void> {
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.dir];
    const before = this.isSentinel
      ? [join(this.dir, 'sentinel.conf')]
      : ['--save', '', '--appendonly', 'yes', '--repl-diskless-sync-delay', '0'];
    const child = spawn('redis-server', [...before, ...own, ...this.args]);
    this.child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    let output = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (/Ready to accept connections|Sentinel ID is/.test(output)) resolve();
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`redis-server has ended: ${output}`)));
    });
  }

  /** Gone at once, like a machine that loses its power. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Takes connections and bytes, and answers nothing. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  forgetData(): void {
    rmSync(join(this.dir, 'appendonlydir'), { recursive: true, force: true });
    rmSync(join(this.dir, 'appendonly.aof'), { force: true });
  }

  /** What an administrator types. */
  command(name: string, ...args: (string | number)[]): Promise<unknown> {
    return this.unlocked(undefined, name, ...args);
  }

  /** The same with a password. */
  async unlocked(password: string | undefined, name: string, ...args: (string | number)[]): Promise<unknown> {
    const redis = new Redis(this.url, { lazyConnect: true, protocol: 2, password, ...ADMIN });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return await redis.call(name, ...args);
    } finally {
      redis.disconnect();
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const running = new Set<ChildProcess>();
// A suite whose setup fails stops nothing.
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

const ADMIN = { retryStrategy: () => null, disableClientInfo: true } as const;

/** Below the range that most systems give to clients, and so is a Cluster's second port, 10,000 above. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port === port));
    });
    if (isFree) {
      await new Promise((resolve) => server.close(resolve));
      return port;
    }
  }
}

/** A Cluster of one. */
export async function startCluster(): Promise<RedisServer> {
  const cluster = await RedisServer.start('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
  await cluster.command('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
  while (!String(await cluster.command('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return cluster;
}
