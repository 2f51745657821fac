import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child';
import { machine, tooFewFiles } from '../machine';
import { StormClientsRole, StormServerRole } from './roles';
import { CLIENTS, MISSED, TOPICS_OF_EACH } from './topology';

const PATIENCE_MS = 120_000;

/** How long the server may take to notice that its clients are gone, in milliseconds. */
const NOTICE_MS = 10_000;

interface Measured {
  readonly seconds: number;
  /** Of the server, a client, in microseconds. */
  readonly cpu: number;
  readonly stallMs: number;
}

/** Clients that come back: how long it takes, what it costs, how long the host has to wait for its turn. */
async function storm(): Promise<void> {
  const problem = tooFewFiles(CLIENTS);
  if (problem) throw new Error(problem);
  const server = new Child<StormServerRole>('server', join(__dirname, 'server.js'), [], ['--expose-gc']);
  const clients = new Child<StormClientsRole>('clients', join(__dirname, 'clients.js'));
  const port = await server.ask(PATIENCE_MS, 'listen');

  const measure = async (work: () => Promise<number>): Promise<Measured> => {
    await server.ask(PATIENCE_MS, 'start');
    const seconds = await work();
    const { cpu, stallMs } = await server.ask(PATIENCE_MS, 'stop');
    return { seconds, cpu: cpu / CLIENTS, stallMs };
  };
  const arrive = (spreadMs: number, events: number) =>
    measure(() => clients.ask(PATIENCE_MS, 'connect', port, spreadMs, events));
  const dropAll = async () => {
    await clients.ask(PATIENCE_MS, 'drop');
    for (let waited = 0; (await server.ask(PATIENCE_MS, 'connections')) > 0; waited += 50) {
      if (waited > NOTICE_MS) throw new Error('the server still has connections');
      await sleep(50);
    }
  };
  const comeBack = async (spreadMs: number) => {
    await dropAll();
    await server.ask(PATIENCE_MS, 'emit', 0);
    return arrive(spreadMs, MISSED);
  };

  await arrive(0, 0);
  await comeBack(0);
  await dropAll();
  const before = await server.ask(PATIENCE_MS, 'memory');
  const connects = await arrive(5_000, 0);
  const deliveries = await measure(async () => {
    await server.ask(PATIENCE_MS, 'emit', 5);
    await clients.ask(PATIENCE_MS, 'received', MISSED);
    return 0;
  });
  const atOnce = await comeBack(0);
  const spread = await comeBack(5_000);
  await dropAll();
  const after = await server.ask(PATIENCE_MS, 'memory');
  await Promise.all([server.end(), clients.end()]);

  const row = (name: string, { seconds, cpu, stallMs }: Measured) =>
    `| ${name} | ${seconds > 0 ? seconds.toFixed(2) : '–'} | ${cpu.toFixed(0)} | ${stallMs.toFixed(0)} |`;
  const mib = (bytes: number) => (bytes / 1_048_576).toFixed(1);
  const ratio = (resumed: Measured) => (resumed.cpu / (connects.cpu + deliveries.cpu)).toFixed(2);
  console.log(
    [
      `${machine()}; ${CLIENTS} resumable clients, ${TOPICS_OF_EACH} topics each, ${MISSED} missed events each`,
      '',
      '| | s until the last is live | server CPU a client, µs | longest stall, ms |',
      '| --- | ---: | ---: | ---: |',
      row('connect, over 5 s', connects),
      row(`${MISSED} live deliveries each`, deliveries),
      row('come back, all at once', atOnce),
      row('come back, over 5 s', spread),
      '',
      `CPU of coming back against a connect and its deliveries: ${ratio(atOnce)} at once, ${ratio(spread)} over 5 s`,
      `memory with nobody connected, before and after: RSS ${mib(before.rss)} and ${mib(after.rss)} MiB, heap ${mib(before.heap)} and ${mib(after.heap)} MiB`,
    ].join('\n'),
  );
}

storm().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
