import { mkdirSync, writeFileSync } from 'node:fs';
import { machine, tooFewFiles } from '../machine';
import { AppendAndFollow } from './append-and-follow';
import { Order, USAGE, readCommandLine } from './command-line';
import { Measured } from './figures';
import { recordBytes } from './records';
import { RedisServer } from './redis-server';
import { CONNECTIONS, FOLLOWED, FOLLOWERS, NODES, PACES, Scenario } from './scenarios';
import { tableOf } from './table';
import { TwoNodes } from './two-nodes';

/** One run, on a Redis of its own for each part. */
class Run {
  constructor(
    private readonly number: number,
    private readonly order: Order,
    private readonly measured: Measured,
  ) {}

  async all(): Promise<void> {
    const parts: Readonly<Record<Scenario, (redis: RedisServer) => Promise<void>>> = {
      'two-nodes': (redis) => this.twoNodes(redis),
      append: (redis) => this.append(redis),
      follow: (redis) => this.follow(redis),
    };
    for (const scenario of this.order.scenarios) {
      console.error(`run ${this.number + 1} of ${this.order.runs}: ${scenario}`);
      const redis = await RedisServer.start();
      try {
        await parts[scenario](redis);
      } finally {
        await redis.stop();
      }
    }
  }

  /** Each run begins with the other one: what drifts, drifts for both. */
  private async twoNodes(redis: RedisServer): Promise<void> {
    const names = this.number % 2 === 0 ? NODES : [...NODES].reverse();
    for (const name of names) {
      const nodes = new TwoNodes(name, redis.url, this.order.profiles);
      try {
        await nodes.begin();
        for (const [pace, fanOut] of Object.entries(PACES))
          this.measured.add(`two-nodes-${pace}`, name, await nodes.measure(pace, fanOut));
      } finally {
        await nodes.end();
      }
    }
  }

  private async append(redis: RedisServer): Promise<void> {
    const log = this.logOn(redis);
    try {
      await log.begin();
      this.measured.add('append-5000', 'ours', await log.paced());
      this.measured.add('append-saturated', 'ours', await log.saturated());
    } finally {
      await log.end();
    }
  }

  private async follow(redis: RedisServer): Promise<void> {
    const log = this.logOn(redis);
    try {
      await log.begin();
      for (const name of FOLLOWERS) {
        const follower = await log.follower(name);
        for (const pace of FOLLOWED.perSecond)
          this.measured.add(
            `follow-${name}-${pace}`,
            'ours',
            await follower.paced(pace, pace * FOLLOWED.seconds),
          );
        this.measured.add(`follow-${name}-behind`, 'ours', await follower.behind());
        await follower.end();
      }
    } finally {
      await log.end();
    }
  }

  private logOn(redis: RedisServer): AppendAndFollow {
    const { profiles } = this.order;
    return new AppendAndFollow(redis, profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []);
  }
}

async function bench(order: Order): Promise<void> {
  const problem = tooFewFiles(CONNECTIONS);
  if (problem) throw new Error(problem);
  if (order.profiles) mkdirSync(order.profiles, { recursive: true });
  const measured = new Measured();
  for (let number = 0; number < order.runs; number += 1) await new Run(number, order, measured).all();
  const { runs } = order;
  const about = { machine: machine(), runs, recordBytes: recordBytes() };
  if (order.json)
    writeFileSync(order.json, JSON.stringify({ ...about, medians: measured.medians() }, null, 2) + '\n');
  const times = runs === 1 ? 'one run' : `medians of ${runs} runs`;
  console.log(`${about.machine}; ${times}; records of ${about.recordBytes} bytes\n`);
  console.log(tableOf(measured, order.scenarios));
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  bench(readCommandLine(process.argv.slice(2))).then(
    () => process.exit(0),
    (error: Error) => {
      console.error(`FAILED: ${error.message}`);
      process.exit(1);
    },
  );
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exit(2);
}
