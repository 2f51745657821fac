import { setTimeout as sleep } from 'node:timers/promises';
import { Lives } from '../lives';
import { Node } from '../node';
import { Proxy } from '../proxy';
import { Random } from '../random';
import { NodeRole } from '../roles';
import { Flow } from './flow';
import { Head, RedisPair } from './redis-pair';

/** How many of the failovers lose writes, and in how many of them a node stays with the old master for a while. */
const LOSSY = 3 / 4;
const SPLIT = 1 / 4;

/** How many acknowledged writes the replica never gets, at most. */
const MOST_LOST = 60;

/** In how many there is no master for a while, and how long, in milliseconds: emits are refused by then. */
const VACANT = 1 / 4;
const VACANT_MS = [1_100, 2_500] as const;

/** For how long there are two masters, in milliseconds. */
const SPLIT_MS = [100, 1_500] as const;

/** What takes part in a failover. */
export interface Cast {
  readonly pair: RedisPair;
  readonly nodes: readonly Node<NodeRole>[];
  readonly auditLine: Proxy;
  readonly lives: Lives;
  readonly flow: Flow;
  readonly random: Random;
}

/**
 * The replica falls behind, the master acknowledges writes and dies, the replica is promoted. Ends when all nodes have
 * written to it, and the old master is its replica.
 *
 * @returns up to where the writes have survived
 */
export async function failOver({ pair, nodes, auditLine, lives, flow, random }: Cast): Promise<Head> {
  if (random.next() < LOSSY) {
    pair.detach();
    await flow.accepted(1 + random.below(MOST_LOST));
  }
  const straggler = random.next() < SPLIT ? random.pick(nodes) : undefined;
  const vacantMs = random.next() < VACANT ? random.between(...VACANT_MS) : 0;
  const port = pair.replicaPort;
  let head: Head | undefined;
  await lives.losing(async () => {
    if (!straggler) {
      await pair.killMaster();
      await sleep(vacantMs);
    }
    head = await pair.promote();
    for (const node of nodes) if (node !== straggler) node.proxy.lead(port);
    auditLine.lead(port);
    if (!straggler) return;
    await sleep(random.between(...SPLIT_MS));
    await pair.killMaster();
    straggler.proxy.lead(port);
  });
  await Promise.all(nodes.map((node) => flow.acceptedBy(node)));
  await pair.rebuild();
  return head!;
}
