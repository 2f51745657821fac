import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { Redis } from 'ioredis';
import { HOST } from '../servers/bench-server';

const READY = 'Ready to accept connections';

/** A `redis-server` of the benchmark's own, on a free port, that keeps nothing on disk. */
export class RedisServer {
  private readonly client: Redis;

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {
    this.client = new Redis({ host: HOST, port, protocol: 2 });
  }

  /** @throws Error when there is no `redis-server`, or it does not start */
  static async start(): Promise<RedisServer> {
    const port = await freePort();
    const where = ['--port', String(port), '--bind', HOST, '--dir', tmpdir()];
    const child = spawn('redis-server', [...where, '--save', '', '--appendonly', 'no'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    let output = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes(READY)) resolve();
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`redis-server has ended: ${output}`)));
    });
    return new RedisServer(child, port);
  }

  get url(): string {
    return `redis://${HOST}:${this.port}`;
  }

  /** CPU time since it started, user and system, in microseconds. */
  async cpu(): Promise<number> {
    const info = await this.client.info('cpu');
    const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
    return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6;
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
