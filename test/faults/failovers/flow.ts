import { setTimeout as sleep } from 'node:timers/promises';
import { Emitter } from '../emitter';
import { Node } from '../node';
import { Random } from '../random';
import { NodeRole } from '../roles';

const TICK_MS = 20;

/** How many go out at once. */
const MOST = 8;

/** How many may be under way: those of a node that is cut off wait for their fate. */
const MOST_UNDER_WAY = 5_000;

/** Events all the time, on any node, until it is stopped. */
export class Flow {
  private next = 0;
  private underWay = 0;
  private isOver = false;
  private readonly all: Promise<void>[] = [];

  constructor(
    private readonly emitter: Emitter,
    private readonly nodes: readonly Node<NodeRole>[],
    private readonly random: Random,
  ) {}

  async run(): Promise<void> {
    while (!this.isOver) {
      await sleep(TICK_MS);
      const count = 1 + this.random.below(MOST);
      if (this.underWay < MOST_UNDER_WAY) this.all.push(this.send(this.random.pick(this.nodes), count));
    }
    await Promise.all(this.all);
  }

  stop(): void {
    this.isOver = true;
  }

  /** Waits until so many more are accepted. */
  async accepted(count: number): Promise<void> {
    const { emissions } = this.emitter;
    const wanted = emissions.acceptedCount + count;
    while (emissions.acceptedCount < wanted) await sleep(5);
  }

  /** Sends one after the other through a node until one is accepted. */
  async acceptedBy(node: Node<NodeRole>): Promise<void> {
    for (;;) {
      const event = this.next;
      await this.send(node, 1);
      if (this.emitter.emissions.fateOf(event) === 'accepted') return;
      await sleep(20);
    }
  }

  private async send(node: Node<NodeRole>, count: number): Promise<void> {
    const first = this.next;
    this.next += count;
    this.underWay += count;
    await this.emitter.through(node, first, first + count);
    this.underWay -= count;
  }
}
