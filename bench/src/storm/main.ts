import { machine, tooFewFiles } from '../machine';
import { Measured, Storm } from './storm';
import { CLIENTS, MISSED, TOPICS_OF_EACH } from './topology';

const mib = (bytes: number) => (bytes / 1_048_576).toFixed(1);

function row(name: string, { seconds, cpu, stallMs }: Measured): string {
  return `| ${name} | ${seconds > 0 ? seconds.toFixed(2) : '–'} | ${cpu.toFixed(0)} | ${stallMs.toFixed(0)} |`;
}

/** Clients that come back: how long it takes, what it costs, how long the host has to wait for its turn. */
async function main(): Promise<void> {
  const problem = tooFewFiles(CLIENTS);
  if (problem) throw new Error(problem);
  const storm = await Storm.begin();
  await storm.arrive(0, 0);
  await storm.comeBack(0);
  const before = await storm.memoryOfNobody();
  const connects = await storm.arrive(5_000, 0);
  const deliveries = await storm.deliver();
  const atOnce = await storm.comeBack(0);
  const spread = await storm.comeBack(5_000);
  const after = await storm.memoryOfNobody();
  await storm.end();
  const ratio = (resumed: Measured) => (resumed.cpu / (connects.cpu + deliveries.cpu)).toFixed(2);
  console.log(`${machine()}; ${CLIENTS} resumable clients, ${TOPICS_OF_EACH} topics each, ${MISSED} missed events each

| | s until the last is live | server CPU a client, µs | longest stall, ms |
| --- | ---: | ---: | ---: |
${row('connect, over 5 s', connects)}
${row(`${MISSED} live deliveries each`, deliveries)}
${row('come back, all at once', atOnce)}
${row('come back, over 5 s', spread)}

CPU of coming back against a connect and its deliveries: ${ratio(atOnce)} at once, ${ratio(spread)} over 5 s
memory with nobody connected, before and after: RSS ${mib(before.rss)} and ${mib(after.rss)} MiB, heap ${mib(before.heap)} and ${mib(after.heap)} MiB`);
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
