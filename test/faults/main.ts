import { Audit } from './audit';
import { Emitter } from './emitter';
import { Fault, planFaults, runFaults } from './faults';
import { Random } from './random';
import { Settings, readSettings } from './settings';
import { connected, settle } from './settle';
import { Stage } from './stage';
import { Topology } from './topology';
import { judge } from './verdict';

const PATIENCE_MS = 60_000;

async function main(): Promise<boolean> {
  const settings = readSettings();
  // The processes are to know it.
  process.env.SEED = String(settings.seed);
  console.log(again(settings));
  const begin = performance.now();
  const topology = new Topology(settings.clients);
  const stage = await Stage.build();
  const audit = new Audit(stage.redis.url, stage.lives);
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
    await settle(stage, emitter, settings.events, topology);
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
