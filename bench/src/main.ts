import { mkdirSync } from 'node:fs';
import { Order, USAGE, readCommandLine } from './command-line';
import { Life } from './life';
import { machine, tooFewFiles } from './machine';
import { SCALE_OF, Scale, ServerName } from './scenarios';
import { Table } from './table';

/** One server at one scale, in one of the runs. */
interface Turn {
  readonly run: number;
  readonly server: ServerName;
  readonly scale: Scale;
}

/** All of them, a run after the other, and each run begins with another server: what drifts, drifts for all. */
function turnsOf({ scenarios, servers, runs }: Order): Turn[] {
  const scales = [...new Set([...scenarios].map((scenario) => SCALE_OF[scenario]))];
  const turns: Turn[] = [];
  for (let run = 0; run < runs; run += 1) {
    const shift = run % servers.length;
    const inTurn = [...servers.slice(shift), ...servers.slice(0, shift)];
    for (const scale of scales) turns.push(...inTurn.map((server) => ({ run, server, scale })));
  }
  return turns;
}

/** @returns whether everything arrived */
async function bench(order: Order): Promise<boolean> {
  const table = new Table(order.scenarios, order.servers);
  const turns = turnsOf(order);
  const problem = tooFewFiles(Math.max(...turns.map(({ scale }) => scale)));
  if (problem) throw new Error(problem);
  if (order.profiles) mkdirSync(order.profiles, { recursive: true });
  let failures = 0;
  for (const { run, server, scale } of turns) {
    console.error(`run ${run + 1} of ${order.runs}: ${server}, ${scale} connections`);
    try {
      table.add(server, await new Life(server, scale, order.profiles).run(order.scenarios));
    } catch (error) {
      failures += 1;
      console.error(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const runs = order.runs === 1 ? 'one run' : `medians of ${order.runs} runs`;
  console.log(`${machine()}; ${runs}\n\n${table.toString()}`);
  if (failures > 0)
    console.error(`${failures} of ${turns.length} lives failed: the table is not to be trusted`);
  return failures === 0;
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  bench(readCommandLine(process.argv.slice(2))).then(
    (ok) => process.exit(ok ? 0 : 1),
    (error: Error) => {
      console.error(error.message);
      process.exit(1);
    },
  );
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exit(2);
}
