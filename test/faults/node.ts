import { Child } from '../../bench/src/child';
import { Proxy } from './proxy';
import { HostRole } from './roles';

/** How long a node may take to listen, in milliseconds. */
const BOOT_MS = 60_000;

type Role<R> = { readonly [Name in keyof R]: (...args: never[]) => unknown };

/** A node that is killed and started again, on the same port, with a line of its own to Redis. */
export class Node<R extends HostRole & Role<R>> {
  private child: Child<R> | undefined;
  private ownPort = 0;

  private constructor(
    readonly name: string,
    private readonly file: string,
    readonly proxy: Proxy,
  ) {}

  /** @param file of the process; it answers as R */
  static async start<R extends HostRole & Role<R>>(
    name: string,
    file: string,
    redisPort: number,
  ): Promise<Node<R>> {
    const node = new Node<R>(name, file, await Proxy.to(redisPort));
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
    const child = new Child<R>(this.name, this.file);
    const host = child as unknown as Child<HostRole>;
    this.ownPort = await host.ask(BOOT_MS, 'listen', this.proxy.url, this.ownPort);
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

  /** Calls a method of its role. Rejects when that does, when the process ends, and when it takes too long. */
  ask<Name extends keyof R & string>(
    timeoutMs: number,
    method: Name,
    ...args: Parameters<R[Name]>
  ): Promise<Awaited<ReturnType<R[Name]>>> {
    return this.child!.ask(timeoutMs, method, ...args);
  }

  async end(): Promise<void> {
    await this.child?.end();
    this.proxy.close();
  }
}
