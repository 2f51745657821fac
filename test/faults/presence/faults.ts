import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../random';
import { Node } from './node';

/** How many of the kills hit a node while it tells its listeners. */
const TELLING_EVERY = 6;

/** After how many kills a node is stopped, and after how many one can't reach Redis. */
const STOP_EVERY = 8;
const CUT_EVERY = 8;

/** How long a line to Redis is cut, in milliseconds. */
const CUT_MS = 25_000;

/** How many nodes are to be well at least. */
const LEAST_WELL = 3;

/** Kills, stops and cuts off one node after the other. */
export class Faults {
  private readonly counts = { kills: 0, telling: 0, stops: 0, cuts: 0 };
  /** When nodes were killed while they told their listeners. */
  readonly tellingKills: number[] = [];
  private readonly repairs: Promise<void>[] = [];

  constructor(
    private readonly nodes: readonly Node[],
    private readonly random: Random,
    private readonly onUsable: () => void,
    private readonly say: (what: string) => unknown,
  ) {}

  toString(): string {
    const { kills, telling, stops, cuts } = this.counts;
    return (
      `kills ${kills}, of nodes that were telling ${telling}; nodes stopped for 20 to 30 s ${stops}, ` +
      `cut off for ${CUT_MS / 1_000} s ${cuts}`
    );
  }

  /** All of them, and settles when everything is as it was. */
  async run(kills: number, everyMs: number): Promise<void> {
    const begin = performance.now();
    for (let number = 1; number <= kills; number += 1) {
      await sleep(Math.max(0, begin + (number - this.random.next() / 2) * everyMs - performance.now()));
      // The first of each kind is early: a short run has them too.
      if (number % STOP_EVERY === 1) this.impair('stops', this.random.between(20_000, 30_000));
      if (number % CUT_EVERY === 2) this.impair('cuts', CUT_MS);
      await this.kill(number % TELLING_EVERY === 5);
    }
    await Promise.all(this.repairs);
  }

  /** One that is well, or nobody, where too few are. */
  private pick(): Node | undefined {
    const well = this.nodes.filter(({ isWell }) => isWell);
    return well.length > LEAST_WELL ? this.random.pick(well) : undefined;
  }

  private async kill(isTelling: boolean): Promise<void> {
    let node = this.pick();
    while (!node) {
      await sleep(100);
      node = this.pick();
    }
    if (isTelling && (await node.killTelling())) {
      this.counts.telling += 1;
      this.tellingKills.push(Date.now());
    } else if (!isTelling) node.kill();
    this.counts.kills += 1;
    this.say(`node ${node.index} killed${isTelling ? ' as it told' : ''}`);
    this.onUsable();
    this.repairs.push(this.restart(node, this.random.between(2_000, 12_000)));
  }

  private async restart(node: Node, inMs: number): Promise<void> {
    await sleep(inMs);
    await node.up();
    this.onUsable();
  }

  private impair(what: 'stops' | 'cuts', forMs: number): void {
    const node = this.pick();
    if (!node) return;
    this.counts[what] += 1;
    this.say(`${what}: node ${node.index}`);
    if (what === 'stops') node.stop();
    else node.cut();
    this.onUsable();
    const repair = async () => {
      await sleep(forMs);
      if (what === 'stops') node.goOn();
      else node.heal();
      this.onUsable();
    };
    this.repairs.push(repair());
  }
}
