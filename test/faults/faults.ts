import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from './random';
import { Stage } from './stage';

/** One thing that goes wrong, and is put right again. */
export interface Fault {
  readonly name: string;
  /** What of it is at once in one fault only. */
  readonly target: string;
  /** When, in milliseconds from the beginning. */
  readonly at: number;
  run(stage: Stage): Promise<void>;
}

type Made = Pick<Fault, 'target' | 'run'>;
type Make = (random: Random) => Made;

const NODES = [0, 1, 2] as const;

/** How often a Redis that is killed has no data when it comes back. */
const EMPTIED = 1 / 4;

const MAKE: Readonly<Record<string, Make>> = {
  'node killed': nodeFault([100, 4_000], ({ nodes }, node) => {
    nodes[node]!.kill();
    return () => nodes[node]!.up();
  }),
  'node stopped': nodeFault([1_000, 30_000], ({ nodes }, node) => {
    nodes[node]!.stop();
    return () => nodes[node]!.goOn();
  }),
  'line cut': lineFault([50, 6_000], ({ nodes }, node) => nodes[node]!.proxy.cut()),
  'line half open': lineFault([1_000, 20_000], ({ nodes }, node) => nodes[node]!.proxy.halfOpen('all')),
  'line without answers': lineFault([1_000, 8_000], ({ nodes }, node) =>
    nodes[node]!.proxy.halfOpen('answers'),
  ),
  'line slow': (random) => {
    const delayMs = random.duration(10, 500);
    return lineFault([2_000, 15_000], ({ nodes }, node) => nodes[node]!.proxy.slow(delayMs))(random);
  },
  'redis killed': (random) => {
    const isEmptied = random.next() < EMPTIED;
    return redisFault([50, 5_000], async ({ redis, lives }) => {
      await redis.kill();
      if (isEmptied) await lives.losing(() => redis.forgetData());
      else lives.restarted();
      return () => redis.up();
    })(random);
  },
  'redis stopped': redisFault([1_000, 30_000], ({ redis }) => {
    redis.pause();
    return () => redis.resume();
  }),
  'CLIENT KILL': redisFault([1, 1], async ({ redis }) => {
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  }),
  FLUSHALL: redisFault([1, 1], async ({ redis, lives }) => {
    await lives.losing(() => redis.command('FLUSHALL'));
  }),
};

/** Every kind in turn, each round in another order, so that few faults have most kinds. */
export function planFaults(count: number, overMs: number, random: Random): Fault[] {
  const names: string[] = [];
  while (names.length < count) {
    const round = Object.keys(MAKE);
    while (round.length > 0) names.push(...round.splice(random.below(round.length), 1));
  }
  return names.slice(0, count).map((name, index) => {
    const at = ((index + random.next()) / count) * overMs;
    return { name, at, ...MAKE[name]!(random) };
  });
}

type Undo = (() => unknown) | void;

function nodeFault(ms: readonly [number, number], begin: (stage: Stage, node: number) => Undo): Make {
  return (random) => {
    const node = random.pick(NODES);
    return { target: `node ${node}`, run: lasting(random, ms, (stage) => begin(stage, node)) };
  };
}

function lineFault(ms: readonly [number, number], begin: (stage: Stage, node: number) => void): Make {
  return (random) => {
    const node = random.pick(NODES);
    const run = lasting(random, ms, (stage) => {
      begin(stage, node);
      return () => stage.nodes[node]!.proxy.heal();
    });
    return { target: `line ${node}`, run };
  };
}

function redisFault(ms: readonly [number, number], begin: (stage: Stage) => Undo | Promise<Undo>): Make {
  return (random) => ({ target: 'redis', run: lasting(random, ms, begin) });
}

function lasting(
  random: Random,
  [least, most]: readonly [number, number],
  begin: (stage: Stage) => Undo | Promise<Undo>,
): Fault['run'] {
  const durationMs = random.duration(least, most);
  return async (stage) => {
    const undo = await begin(stage);
    await sleep(durationMs);
    if (undo) await undo();
  };
}

/** Runs faults at their times: those of one target one after the other, those of others at the same time. */
export async function runFaults(
  faults: readonly Fault[],
  stage: Stage,
  onFault: (fault: Fault) => void,
): Promise<void> {
  const begin = performance.now();
  const ends = new Map<string, Promise<void>>();
  for (const fault of faults) {
    const before = ends.get(fault.target);
    const run = async () => {
      await sleep(Math.max(0, begin + fault.at - performance.now()));
      await before;
      onFault(fault);
      await fault.run(stage);
    };
    ends.set(fault.target, run());
  }
  await Promise.all(ends.values());
}
