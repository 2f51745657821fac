import { join } from 'node:path';
import { Child } from '../../../bench/src/child';
import { Audit } from '../audit';
import { Emissions, Emitter } from '../emitter';
import { Lives } from '../lives';
import { Node } from '../node';
import { Proxy } from '../proxy';
import { Random } from '../random';
import { ClientsRole, NodeRole } from '../roles';
import { whole } from '../settings';
import { connected, settle } from '../settle';
import { Topology } from '../topology';
import { judge } from '../verdict';
import { failOver } from './failover';
import { Flow } from './flow';
import { Head, RedisPair } from './redis-pair';

const PATIENCE_MS = 60_000;

/** More than there will be: the last ones are numbered from here. */
const EVENTS = 100_000_000;

async function main(): Promise<boolean> {
  const seed = whole('SEED', Math.floor(Math.random() * 2 ** 31), 0);
  const failovers = whole('FAILOVERS', 100, 1);
  const clients = whole('CLIENTS', 100, 100);
  Object.assign(process.env, { SEED: String(seed), CLIENTS: String(clients), EVENTS: String(EVENTS) });
  console.log(`SEED=${seed} FAILOVERS=${failovers} CLIENTS=${clients} npm run test:faults:failovers`);
  const begin = performance.now();
  const topology = new Topology(clients);
  const pair = await RedisPair.start();
  const names = ['node 0', 'node 1', 'node 2'];
  const file = join(__dirname, '../node-process.js');
  const nodes = await Promise.all(names.map((name) => Node.start<NodeRole>(name, file, pair.masterPort)));
  const crowd = {
    nodes,
    clients: new Child<ClientsRole>('clients', join(__dirname, '../clients-process.js')),
  };
  const auditLine = await Proxy.to(pair.masterPort);
  const lives = new Lives();
  const audit = new Audit(auditLine.url, lives);
  try {
    const random = new Random(seed, 'failovers');
    const emitter = new Emitter(nodes, random);
    audit.start();
    const ports = nodes.map((node) => node.port);
    await crowd.clients.ask(PATIENCE_MS, 'open', ports);
    await connected(crowd, clients);
    const flow = new Flow(emitter, nodes, random);
    const flowing = flow.run();
    const heads: Head[] = [];
    while (heads.length < failovers) {
      heads.push(await failOver({ pair, nodes, auditLine, lives, flow, random }));
    }
    flow.stop();
    await flowing;
    await settle(crowd, emitter, EVENTS, topology);
    await audit.read();
    const { emissions } = emitter;
    const figures = await judge({
      events: EVENTS,
      topology,
      emissions,
      audit,
      lives,
      clients: crowd.clients,
    });
    console.log(
      `failovers ${heads.length}; events accepted ${emissions.acceptedCount}, ` +
        `refused ${emissions.count('refused')}, unknown ${emissions.count('unknown')}; of the accepted lost by Redis ${lostBehind(heads, emissions)}; told: RESYNC ` +
        `${[...figures.resyncs.values()].reduce((sum, count) => sum + count, 0)}, ` +
        `plain connections ended ${figures.plainEnds}; doubled ${figures.count('doubles')}`,
    );
    console.log(String(figures));
    const seconds = (performance.now() - begin) / 1_000;
    console.log(`${figures.isRight ? 'PASS' : 'FAIL'} after ${seconds.toFixed(0)} s`);
    return figures.isRight;
  } finally {
    audit.close();
    await Promise.all([crowd.clients.end(), ...nodes.map((node) => node.end())]);
    auditLine.close();
    await pair.stop();
  }
}

/** How many accepted events lie behind what the promoted one of their life had. */
function lostBehind(heads: readonly Head[], emissions: Emissions): number {
  const seqs = new Map(heads.map(({ epoch, seq }) => [epoch, seq]));
  const { epochs } = emissions.places;
  let lost = 0;
  for (const [, place] of emissions.accepted()) {
    const survived = seqs.get(epochs[Math.floor(place / 2 ** 32)]!);
    if (survived !== undefined && place % 2 ** 32 > survived) lost += 1;
  }
  return lost;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().then(
  (isPass) => process.exit(isPass ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
