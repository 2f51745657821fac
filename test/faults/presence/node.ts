import { join } from 'node:path';
import { Child } from '../../../bench/src/child';
import { Proxy } from '../proxy';
import { NodeHistory } from './history';
import { readNews } from './news';
import { Answer, NodeRole } from './roles';

/** How long a node may take to listen, in milliseconds. */
const BOOT_MS = 60_000;

/** How long a node may take to answer who is online, in milliseconds. */
const LOOK_MS = 15_000;

/** How long a node that is to die telling waits for something to tell, in milliseconds. */
const TELLING_MS = 8_000;

/** A node that is killed and started again, on the same port, with a line of its own to Redis. */
export class Node {
  readonly history = new NodeHistory();
  private child: Child<NodeRole> | undefined;
  private ownPort = 0;
  private isBooting = false;
  private isDying = false;

  private constructor(
    readonly index: number,
    private readonly newsFile: string,
    readonly line: Proxy,
  ) {}

  static async start(index: number, redisPort: number, newsFile: string): Promise<Node> {
    const node = new Node(index, newsFile, await Proxy.to(redisPort));
    await node.up();
    return node;
  }

  get port(): number {
    return this.ownPort;
  }

  /** It runs, and can reach Redis. */
  get isWell(): boolean {
    return this.isUp && this.history.isWell;
  }

  get isUp(): boolean {
    return this.child !== undefined && !this.isBooting && !this.isDying;
  }

  async up(): Promise<void> {
    this.isBooting = true;
    const name = this.history.born(this.index);
    const child = new Child<NodeRole>(`node ${name}`, join(__dirname, 'node-process.js'));
    this.child = child;
    this.ownPort = await child.ask(BOOT_MS, 'listen', this.line.url, this.ownPort, name, this.newsFile);
    this.isBooting = false;
  }

  kill(at = Date.now()): void {
    this.history.killed(at);
    this.child!.signal('SIGKILL');
    this.child = undefined;
  }

  /** Kills it in a listener, if there is something to tell soon. @returns whether there was */
  async killTelling(): Promise<boolean> {
    this.isDying = true;
    const why = await this.child!.ask(TELLING_MS, 'dieTelling').catch((error: Error) => error.message);
    this.isDying = false;
    const { name } = this.history.lives.at(-1)!;
    const told = readNews(this.newsFile).findLast(({ node }) => node === name)?.at;
    const hasDied = String(why).includes('SIGKILL');
    this.kill(hasDied ? told : Date.now());
    return hasDied;
  }

  stop(): void {
    this.child!.signal('SIGSTOP');
    this.history.impaired();
  }

  goOn(): void {
    this.child!.signal('SIGCONT');
    this.history.well();
  }

  cut(): void {
    this.line.cut();
    this.history.impaired();
  }

  heal(): void {
    this.line.heal();
    this.history.well();
  }

  /** Nothing where it can't be asked. */
  async look(below: number, only: number): Promise<readonly Answer[]> {
    return (await this.child?.ask(LOOK_MS, 'look', below, only).catch(() => [])) ?? [];
  }

  async end(): Promise<void> {
    await this.child?.end();
    this.line.close();
  }
}
