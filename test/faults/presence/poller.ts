import { Node } from './node';
import { Answer } from './roles';

/** How often each node is asked who is online, in milliseconds. */
const EVERY_MS = 1_500;

/** Asks each node, over and over, about everyone there has been. */
export class Poller {
  readonly answers: Answer[] = [];
  /** How many users there have been. */
  population = 0;
  private readonly asking = new Map<Node, Promise<void>>();
  private turn = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly nodes: readonly Node[],
    private readonly countUsers: () => Promise<number>,
  ) {}

  start(): void {
    const next = () => {
      this.turn += 1;
      const node = this.nodes[this.turn % this.nodes.length]!;
      if (node.isUp && !this.asking.has(node)) this.asking.set(node, this.ask(node));
    };
    this.timer = setInterval(next, EVERY_MS / this.nodes.length);
  }

  /** Settles when the last question is answered. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.asking.values());
  }

  private async ask(node: Node): Promise<void> {
    this.population = await this.countUsers();
    this.answers.push(...(await node.look(this.population, this.turn % this.population)));
    this.asking.delete(node);
  }
}
