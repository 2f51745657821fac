import { loadOf, memoryOf } from './arithmetic';
import { Costs } from './costs';
import { MEASURED } from './measured';
import { simulate } from './simulation';
import { Workload } from './workload';

/** A chat at its busiest hour. */
const CHAT = { messagesPerHour: 6, typingPerMessage: 2, reach: 50, lifeMinutes: 20 };

const CELLS: readonly Workload[] = [
  { ...CHAT, nodes: 1, connections: 20_000 },
  { ...CHAT, nodes: 3, connections: 60_000 },
  { ...CHAT, nodes: 10, connections: 200_000 },
  { ...CHAT, nodes: 25, connections: 500_000 },
  { ...CHAT, nodes: 50, connections: 1_000_000 },
  { ...CHAT, nodes: 100, connections: 2_000_000 },
];

/** How busy one may be on average, so that the busiest second is none too many. */
const BOUND = { node: 0.6, redis: 0.6 };

const SEED = 1;
const SECONDS = 20;

function main(): void {
  console.log(`Each cell with ${JSON.stringify(CHAT)}, ${SECONDS} s simulated.\n`);
  console.log(
    '| connections | nodes | records/s | a node: sum, simulated, busiest | Redis: sum, simulated | p50, p99 ms | MiB a node, Redis |',
  );
  console.log('| --: | --: | --: | --: | --: | --: | --: |');
  for (const cell of CELLS) console.log(rowOf(cell, MEASURED));
  console.log(
    '\nThe most that a cell bears (simulated, a node or Redis 60 % busy), in messages an hour and user:\n',
  );
  console.log('| connections | nodes | messages an hour and user | records/s | full first | p50, p99 ms |');
  console.log('| --: | --: | --: | --: | --: | --: |');
  for (const cell of CELLS) console.log(limitRowOf(cell, MEASURED));
}

function rowOf(cell: Workload, costs: Costs): string {
  const sum = loadOf(cell, costs);
  const memory = memoryOf(cell, costs);
  const outcome = simulate(cell, costs, SECONDS, SEED);
  const records = (cell.connections * cell.messagesPerHour * (1 + cell.typingPerMessage)) / 3_600;
  return row(
    count(cell.connections),
    cell.nodes,
    count(records),
    `${percent(sum.node)}, ${percent(outcome.node.mean)}, ${percent(outcome.node.most)}`,
    `${percent(sum.redis)}, ${percent(outcome.redis)}`,
    `${outcome.p50.toFixed(1)}, ${outcome.p99.toFixed(1)}`,
    `${count(memory.node)}, ${count(memory.redis)}`,
  );
}

/** By halving: how busy it is grows with what is said. */
function limitRowOf(cell: Workload, costs: Costs): string {
  let [least, most] = [0.5, 2_000];
  const at = (messagesPerHour: number) => ({ ...cell, messagesPerHour });
  while (most / least > 1.05) {
    const middle = Math.sqrt(least * most);
    const { node, redis } = simulate(at(middle), costs, 2, SEED);
    if (node.mean > BOUND.node || redis > BOUND.redis) most = middle;
    else least = middle;
  }
  const outcome = simulate(at(least), costs, 5, SEED);
  const full = outcome.redis / BOUND.redis > outcome.node.mean / BOUND.node ? 'Redis' : 'the nodes';
  const records = (cell.connections * least * (1 + cell.typingPerMessage)) / 3_600;
  const latency = `${outcome.p50.toFixed(1)}, ${outcome.p99.toFixed(1)}`;
  return row(count(cell.connections), cell.nodes, least.toFixed(0), count(records), full, latency);
}

const row = (...cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const percent = (part: number) => `${(part * 100).toFixed(0)} %`;
const count = (number: number) => Math.round(number).toLocaleString('en');

main();
