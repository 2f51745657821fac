import { randomBytes } from 'node:crypto';
import { NodeLoad } from '../log/presence-store';

/** What this process is among the nodes, and which part of what they may do together is its own. */
export class ThisNode {
  /** Random per process. */
  readonly id = randomBytes(8).toString('hex');
  private load: NodeLoad = { own: 0, all: 0, nodes: 1 };

  onLoad(load: NodeLoad): void {
    this.load = load;
  }

  /** By connections; a quarter of its part by nodes at least, because many may just be coming. */
  get shareOfConnections(): number {
    const { own, all } = this.load;
    return all > own ? Math.max(own / all, this.shareOfNodes / 4) : 1;
  }

  /** The same for each node. */
  get shareOfNodes(): number {
    return 1 / Math.max(1, this.load.nodes);
  }
}
