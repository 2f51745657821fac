import { setTimeout as sleep } from 'node:timers/promises';
import { Emitter } from './emitter';
import { Stage } from './stage';
import { Topology } from './topology';

const PATIENCE_MS = 60_000;

/** How long everything may take to be well again after the last fault, in milliseconds. */
const RECOVERY_MS = 90_000;

type Crowd = Pick<Stage, 'nodes' | 'clients'>;

/** Everyone is back, nobody leaves, and each topic has an event more: so whoever misses something misses it for good. */
export async function settle(
  stage: Crowd,
  emitter: Emitter,
  events: number,
  topology: Topology,
): Promise<void> {
  await stage.clients.ask(PATIENCE_MS, 'calm');
  await connected(stage, topology.clients);
  const end = performance.now() + RECOVERY_MS;
  for (let first = events; ; first += topology.topics) {
    await emitter.through(stage.nodes[0]!, first, first + topology.topics);
    const isLate = performance.now() > end;
    for (let waits = 0; waits < 20; waits += 1) {
      if ((await stage.clients.ask(PATIENCE_MS, 'lacking', first)) === 0) return;
      await sleep(250);
    }
    // Who lacks them now lacks them in the verdict.
    if (isLate) return;
  }
}

/** Waits until all are connected, or nothing comes of it. */
export async function connected(stage: Pick<Crowd, 'clients'>, clients: number): Promise<void> {
  const end = performance.now() + RECOVERY_MS;
  while ((await stage.clients.ask(PATIENCE_MS, 'connected')) < clients && performance.now() < end) {
    await sleep(100);
  }
}
