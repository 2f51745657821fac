import { join } from 'node:path';
import { RedisServer } from '../../support/redis-server';
import { Node } from '../node';
import { PlaceBook } from '../place';
import { Random } from '../random';
import { whole } from '../settings';
import { HostDatabase } from './host-database';
import { RaceFigures } from './race-figures';
import { RaceNodeRole } from './race-node';
import { Racer } from './racer';

const RACERS = 400;

async function main(): Promise<boolean> {
  const seed = whole('SEED', Math.floor(Math.random() * 2 ** 31), 0);
  const races = whole('RACES', 100_000, 1);
  console.log(`SEED=${seed} RACES=${races} npm run test:faults:races`);
  const begin = performance.now();
  const redis = await RedisServer.start('--appendonly', 'no', '--maxmemory-policy', 'noeviction');
  process.env.RACES_DATABASE = redis.url;
  const database = new HostDatabase(redis.url);
  const file = join(__dirname, 'race-node-process.js');
  const names = ['node 0', 'node 1', 'node 2'];
  const nodes = await Promise.all(names.map((name) => Node.start<RaceNodeRole>(name, file, redis.port)));
  try {
    let events = 0;
    const nextEvent = () => (events += 1);
    const figures = new RaceFigures();
    const random = new Random(seed, 'races');
    const course = { nodes, database, places: new PlaceBook(), figures, random, nextEvent };
    const racers = Array.from({ length: RACERS }, (_, user) => new Racer(user, course));
    await Promise.all(racers.map((racer) => racer.open()));
    let started = 0;
    const run = async (racer: Racer) => {
      while (started < races) {
        started += 1;
        await racer.race();
      }
    };
    await Promise.all(racers.map(run));
    for (const racer of racers) racer.end();
    console.log(String(figures));
    const seconds = (performance.now() - begin) / 1_000;
    console.log(`${figures.isPass ? 'PASS' : 'FAIL'} after ${seconds.toFixed(0)} s`);
    return figures.isPass;
  } finally {
    await database.close();
    await Promise.all(nodes.map((node) => node.end()));
    await redis.stop();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().then(
  (isPass) => process.exit(isPass ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
