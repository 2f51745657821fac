import { join } from 'node:path';
import { Child } from '../../bench/src/child';
import { Proxy } from './proxy';
import { NodeRole, Outcome } from './roles';

/** How long a node may take to listen, in milliseconds. */
const BOOT_MS = 60_000;

/** How long emits may take: a node that is stopped, and then has to wait for Redis, tries each of them twice. */
const EMIT_MS = 180_000;

/** A node that is killed and started again, on the same port, with a line of its own to Redis. */
export class Node {
  private child: Child<NodeRole> | undefined;
  private ownPort = 0;

  private constructor(
    readonly name: string,
    readonly proxy: Proxy,
  ) {}

  static async start(name: string, redisPort: number): Promise<Node> {
    const node = new Node(name, await Proxy.to(redisPort));
    await node.up();
    return node;
  }

  get port(): number {
    return this.ownPort;
  }

  get isUp(): boolean {
    return this.child !== undefined;
  }

  async up(): Promise<void> {
    const child = new Child<NodeRole>(this.name, join(__dirname, 'node-process.js'));
    this.ownPort = await child.ask(BOOT_MS, 'listen', this.proxy.url, this.ownPort);
    this.child = child;
  }

  kill(): void {
    this.child?.signal('SIGKILL');
    this.child = undefined;
  }

  stop(): void {
    this.child?.signal('SIGSTOP');
  }

  goOn(): void {
    this.child?.signal('SIGCONT');
  }

  /** What became of each; what nobody knows of a node that is gone is unknown. */
  async emit(events: readonly number[]): Promise<readonly Outcome[]> {
    try {
      return await this.child!.ask(EMIT_MS, 'emit', events);
    } catch (error) {
      if (!(error as Error).message.includes('ended with')) throw error;
      return events.map(() => 'unknown');
    }
  }

  async end(): Promise<void> {
    await this.child?.end();
    this.proxy.close();
  }
}
