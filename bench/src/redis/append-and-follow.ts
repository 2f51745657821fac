import { join } from 'node:path';
import { Child } from '../child';
import { Figures } from './figures';
import { RedisServer } from './redis-server';
import { AppenderRole, FollowerRole } from './roles';
import { APPENDS, BACKLOG, FollowerName, SATURATED_APPENDS } from './scenarios';

const PATIENCE_MS = 120_000;

/** What comes before anything is measured, so that code is compiled: how many appends, and how many wait at once. */
const WARM_UP = { count: 50_000, waiting: 1_000 } as const;

/** How many appends wait at once while a backlog is made. */
const WAITING = 1_000;

/** A process that appends to a log, and others that follow it. */
export class AppendAndFollow {
  private readonly appender: Child<AppenderRole>;

  /** @param execArgv of the processes that are measured */
  constructor(
    private readonly redis: RedisServer,
    private readonly execArgv: readonly string[],
  ) {
    const file = join(__dirname, 'appender-process.js');
    this.appender = new Child('appender', file, [redis.url], execArgv);
  }

  async begin(): Promise<void> {
    await this.appender.ask(PATIENCE_MS, 'saturate', WARM_UP.count, WARM_UP.waiting);
  }

  async end(): Promise<void> {
    await this.appender.end();
  }

  /** Latencies in milliseconds; CPU in microseconds an append. */
  paced(): Promise<Figures> {
    const { perSecond, count } = APPENDS;
    return this.withCpu(count, async () => ({
      ...(await this.appender.ask(PATIENCE_MS, 'pace', perSecond, count)),
    }));
  }

  /** Appends a second; CPU in microseconds an append. */
  saturated(): Promise<Figures> {
    const { count, waiting } = SATURATED_APPENDS;
    return this.withCpu(count, async () => ({
      perSecond: await this.appender.ask(PATIENCE_MS, 'saturate', count, waiting),
    }));
  }

  /** One more follower, and the CPU that a record costs it, in microseconds, at a pace. */
  follower(name: FollowerName): Promise<Follower> {
    return Follower.begin(name, this.redis, this.appender, this.execArgv);
  }

  private async withCpu(count: number, work: () => Promise<Figures>): Promise<Figures> {
    const before = await Promise.all([this.appender.ask(PATIENCE_MS, 'cpu'), this.redis.cpu()]);
    const figures = await work();
    const after = await Promise.all([this.appender.ask(PATIENCE_MS, 'cpu'), this.redis.cpu()]);
    return { ...figures, cpu: (after[0] - before[0]) / count, redisCpu: (after[1] - before[1]) / count };
  }
}

/** A process that follows what another one appends. */
class Follower {
  private constructor(
    private readonly child: Child<FollowerRole>,
    private readonly redis: RedisServer,
    private readonly appender: Child<AppenderRole>,
  ) {}

  static async begin(
    name: FollowerName,
    redis: RedisServer,
    appender: Child<AppenderRole>,
    execArgv: readonly string[],
  ): Promise<Follower> {
    const file = join(__dirname, 'follower-process.js');
    const child = new Child<FollowerRole>(`follower, ${name}`, file, [name, redis.url], execArgv);
    await child.ask(PATIENCE_MS, 'follow');
    const follower = new Follower(child, redis, appender);
    await follower.behind(WARM_UP.count);
    return follower;
  }

  async end(): Promise<void> {
    await this.child.end();
  }

  /** Follows what comes evenly. */
  async paced(perSecond: number, count: number): Promise<Figures> {
    const before = await this.child.ask(PATIENCE_MS, 'cpu');
    const start = performance.now();
    await this.appender.ask(PATIENCE_MS, 'pace', perSecond, count);
    await this.catchUp();
    const seconds = (performance.now() - start) / 1_000;
    const cpu = (await this.child.ask(PATIENCE_MS, 'cpu')) - before;
    return { cpu: cpu / count, corePercent: cpu / seconds / 10_000 };
  }

  /** Stands still while records come, and then follows them: nothing else has a part in what that takes. */
  async behind(count: number = BACKLOG): Promise<Figures> {
    const before = await this.child.ask(PATIENCE_MS, 'cpu');
    this.child.signal('SIGSTOP');
    await this.appender.ask(PATIENCE_MS, 'saturate', count, WAITING);
    const redisBefore = await this.redis.cpu();
    const start = performance.now();
    this.child.signal('SIGCONT');
    await this.catchUp();
    const perSecond = (count / (performance.now() - start)) * 1_000;
    const cpu = ((await this.child.ask(PATIENCE_MS, 'cpu')) - before) / count;
    return { perSecond, cpu, redisCpu: ((await this.redis.cpu()) - redisBefore) / count };
  }

  private async catchUp(): Promise<void> {
    const last = await this.appender.ask(PATIENCE_MS, 'last');
    await this.child.ask(PATIENCE_MS, 'reached', last, PATIENCE_MS);
  }
}
