import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../random';
import { Faults } from './faults';
import { Figures } from './figures';
import { readNews } from './news';
import { Poller } from './poller';
import { Settings, readSettings } from './settings';
import { Stage } from './stage';
import { RIGHT_MS } from './truth';
import { Evidence, judge } from './verdict';

const PATIENCE_MS = 60_000;

/** How long after the last fault everything that follows from it has been announced, in milliseconds. */
const ANNOUNCED_MS = RIGHT_MS + 5_000;

const LOOK_EVERY_MS = 250;

async function main(): Promise<boolean> {
  const settings = readSettings();
  // The processes are to know it.
  process.env.SEED = String(settings.seed);
  console.log(again(settings));
  const begin = performance.now();
  const dir = mkdtempSync(join(tmpdir(), 'live-presence-'));
  const newsFile = join(dir, 'news');
  const stage = await Stage.build(settings.nodes, newsFile);
  const clock = () => `${((performance.now() - begin) / 1_000).toFixed(0)} s`;
  const say = (what: string) => process.env.VERBOSE && console.error(`${clock()} ${what}`);
  const faults = new Faults(stage.nodes, new Random(settings.seed, 'presence faults'), stage.tellUsable, say);
  const poller = new Poller(stage.nodes, () => stage.clients.ask(PATIENCE_MS, 'population'));
  const figures = new Figures();
  try {
    await provoke(stage, faults, poller, settings);
    await outages(stage, settings, newsFile, figures);
    await poller.stop();
    const evidence = {
      stays: await stage.clients.ask(PATIENCE_MS, 'stays'),
      population: poller.population,
      nodes: stage.nodes.map(({ history }) => history),
      news: readNews(newsFile),
      answers: poller.answers,
      tellingKills: faults.tellingKills,
      end: Date.now(),
    };
    const isEmpty = await leaveAll(stage, figures);
    judge(evidence, figures);
    console.log(`${String(faults)}; ${outagesText(settings)}; users ${poller.population}`);
    console.log(String(figures));
    console.log(`everyone gone, two nodes with them: ${isEmpty}`);
    if (!figures.isPass) console.log(`what it is judged by: ${keep(evidence)}`);
    console.log(`${figures.isPass ? 'PASS' : 'FAIL'} after ${clock()}; again: ${again(settings)}`);
    return figures.isPass;
  } finally {
    await stage.end();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @returns the file */
function keep(evidence: Evidence): string {
  const file = join(mkdtempSync(join(tmpdir(), 'live-presence-evidence-')), 'evidence.json');
  writeFileSync(file, JSON.stringify(evidence));
  return file;
}

function again({ seed, kills, nodes, users, everyMs }: Settings): string {
  return `SEED=${seed} KILLS=${kills} NODES=${nodes} USERS=${users} EVERY_MS=${everyMs}`;
}

function outagesText({ hangsMs }: Settings): string {
  const [first, ...others] = hangsMs.map((ms) => `${ms / 1_000} s`);
  return `Redis hung for ${[first, ...others].join(' and ')}, and out of reach for ${first}`;
}

/** All connected, then all the faults, then all connected, and all that follows from it over. */
async function provoke(stage: Stage, faults: Faults, poller: Poller, { kills, everyMs }: Settings) {
  const { clients, nodes } = stage;
  const ports = nodes.map(({ port }) => port);
  await clients.ask(PATIENCE_MS, 'open', ports);
  await allConnected(stage);
  await clients.ask(PATIENCE_MS, 'stir');
  poller.start();
  await faults.run(kills, everyMs);
  await clients.ask(PATIENCE_MS, 'calm');
  await allConnected(stage);
  await sleep(ANNOUNCED_MS);
}

async function allConnected(stage: Stage): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await stage.clients.ask(PATIENCE_MS, 'missing')) > 0) {
    if (performance.now() > deadline) throw new Error('not all clients can connect');
    await sleep(LOOK_EVERY_MS);
  }
}

/** Nobody may be announced during an outage, or after: nobody comes, and nobody leaves. */
async function outages(stage: Stage, { hangsMs, quietMs }: Settings, newsFile: string, figures: Figures) {
  const { redis, nodes } = stage;
  const hang = [() => redis.pause(), () => redis.resume()] as const;
  const cut = [
    () => nodes.forEach(({ line }) => line.cut()),
    () => nodes.forEach(({ line }) => line.heal()),
  ] as const;
  for (const [[begin, end], ms] of [
    ...hangsMs.map((ms) => [hang, ms] as const),
    [cut, hangsMs[0]!] as const,
  ]) {
    const before = readNews(newsFile).length;
    begin();
    await sleep(ms);
    end();
    await sleep(quietMs);
    for (const { user, online, at } of readNews(newsFile).slice(before))
      figures.wrong(
        'announced while nobody could ask Redis, or after',
        `user ${user} ${online ? 'online' : 'offline'} at ${at}`,
      );
  }
}

/** Everyone leaves, some because their nodes are killed. @returns when nothing was left of them */
async function leaveAll({ clients, nodes, redis, leftovers }: Stage, figures: Figures): Promise<string> {
  const begin = performance.now();
  for (const node of nodes.slice(0, 2)) node.kill();
  await clients.ask(PATIENCE_MS, 'leave');
  for (;;) {
    const tookMs = performance.now() - begin;
    const answers = (await Promise.all(nodes.map((node) => node.look(1, 0)))).flat();
    const counts = answers.flatMap(({ count }) => (count === undefined ? [] : [count]));
    const keys = await leftovers();
    const isClean =
      counts.length === nodes.length - 2 && counts.every((count) => count === 0) && keys.length === 0;
    if (isClean) return `nothing left after ${(tookMs / 1_000).toFixed(1)} s`;
    if (tookMs > RIGHT_MS) {
      if (counts.some((count) => count > 0))
        figures.wrong('ghosts: counted when everyone had gone', counts.join(' '));
      for (const key of keys) figures.wrong('ghosts: keys left in Redis', key);
      if (counts.length < nodes.length - 2)
        throw new Error(`only ${counts.length} nodes of ${redis.url} answer`);
      return `${keys.length} keys left after ${RIGHT_MS / 1_000} s`;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

// At once: a socket of a node that was killed may keep the process from ending by itself.
main().then(
  (isPass) => process.exit(isPass ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
