import { setTimeout as sleep } from 'node:timers/promises';
import { Audit } from './audit';
import { Emitter } from './emitter';
import { Fault, planFaults, runFaults } from './faults';
import { Random } from './random';
import { Settings, readSettings } from './settings';
import { Stage } from './stage';
import { Topology } from './topology';
import { judge } from './verdict';

const PATIENCE_MS = 60_000;

/** How long everything may take to be well again after the last fault, in milliseconds. */
const RECOVERY_MS = 90_000;

async function main(): Promise<boolean> {
  const settings = readSettings();
  // The processes are to know it.
  process.env.SEED = String(settings.seed);
  console.log(again(settings));
  const begin = performance.now();
  const topology = new Topology(settings.clients);
  const stage = await Stage.build();
  const audit = new Audit(stage.redis.url);
  try {
    const emitter = new Emitter(stage.nodes, new Random(settings.seed, 'emitter'));
    audit.start();
    const ports = stage.nodes.map((node) => node.port);
    await stage.clients.ask(PATIENCE_MS, 'open', ports);
    await connected(stage, settings.clients);
    const overMs = settings.minutes * 60_000;
    const plan = planFaults(settings.faults, overMs, new Random(settings.seed, 'faults'));
    const happened = new Map<string, number>();
    const onFault = ({ name, target }: Fault) => {
      happened.set(name, (happened.get(name) ?? 0) + 1);
      if (process.env.VERBOSE) console.error(`${clock(begin)} ${name} (${target})`);
    };
    await Promise.all([emitter.emit(settings.events, overMs), runFaults(plan, stage, onFault)]);
    await settle(stage, emitter, settings, topology);
    await audit.read();
    const { emissions } = emitter;
    const figures = await judge({
      events: settings.events,
      topology,
      emissions,
      audit,
      lives: stage.lives,
      clients: stage.clients,
    });
    const faults = [...happened].map(([name, count]) => `${name} ${count}`).join(', ');
    console.log(`faults ${plan.length}: ${faults}`);
    console.log(
      `emits: accepted ${emissions.count('accepted')}, refused ${emissions.count('refused')}, ` +
        `unknown ${emissions.count('unknown')}`,
    );
    console.log(String(figures));
    console.log(`${figures.isPass ? 'PASS' : 'FAIL'} after ${clock(begin)}; again: ${again(settings)}`);
    return figures.isPass;
  } finally {
    audit.close();
    await stage.end();
  }
}

/** Everyone is back, nobody leaves, and each topic has an event more: so whoever misses something misses it for good. */
async function settle(stage: Stage, emitter: Emitter, settings: Settings, topology: Topology): Promise<void> {
  await stage.clients.ask(PATIENCE_MS, 'calm');
  await connected(stage, settings.clients);
  const end = performance.now() + RECOVERY_MS;
  for (let first = settings.events; ; first += topology.topics) {
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

async function connected(stage: Stage, clients: number): Promise<void> {
  const end = performance.now() + RECOVERY_MS;
  while ((await stage.clients.ask(PATIENCE_MS, 'connected')) < clients && performance.now() < end) {
    await sleep(100);
  }
}

function again({ seed, events, faults, clients, minutes }: Settings): string {
  return `SEED=${seed} EVENTS=${events} FAULTS=${faults} CLIENTS=${clients} MINUTES=${minutes} npm run test:faults`;
}

function clock(begin: number): string {
  const seconds = Math.round((performance.now() - begin) / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().then(
  (isPass) => process.exit(isPass ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
