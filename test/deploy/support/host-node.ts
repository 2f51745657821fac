import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { MessageRow } from 'nestjs-live-messages';
import { untilIs } from './until';

const PROGRAM = join(__dirname, '../dist/test/deploy/host-process.js');

/** A node in a process of its own, always on the same port. */
export class HostNode {
  private child: ChildProcess | undefined;

  constructor(
    readonly port: number,
    private readonly redisUrl: string,
  ) {}

  /** Resolves when it listens: whether it is ready is another matter. */
  async up(): Promise<void> {
    const env = { ...process.env, PORT: String(this.port), REDIS_URL: this.redisUrl };
    this.child = fork(PROGRAM, { env });
    const ended = once(this.child, 'exit').then(() => Promise.reject(new Error('a node has ended')));
    await Promise.race([untilIs(() => this.health().then(() => true)), ended]);
    ended.catch(() => undefined);
  }

  async ready(): Promise<void> {
    await untilIs(async () => (await this.health()) === 200);
  }

  /** What its readiness route answers. */
  async health(): Promise<number> {
    return (await fetch(`http://127.0.0.1:${this.port}/health`)).status;
  }

  async emit(row: MessageRow): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${this.port}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(row),
    });
    if (!response.ok) throw new Error(`an emit was answered with ${response.status}`);
  }

  /** As whoever deploys does. */
  async terminate(): Promise<void> {
    await this.end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}
