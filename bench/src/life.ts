import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './child';
import { DriverRole, Emission, ServerRole } from './roles';
import { FAN_OUTS, FanOut, FanOutName, Scale, Scenario, ServerName, WARM_UP, fanOutsAt } from './scenarios';

/** What was measured in a scenario, each figure by its name. */
export type Figures = Readonly<Record<string, number>>;

/** How long anything may take, in milliseconds: what takes longer has failed. */
const PATIENCE_MS = 60_000;

/** How long deliveries may take after the last emit, in milliseconds. */
const ARRIVAL_MS = 20_000;

/** Connections before those that are measured. */
const WARM_UP_CONNECTIONS = 1_000;

/** For how long the CPU of idle connections is measured, in milliseconds. */
const IDLE_MS = 2_000;

/** One server from its start to its end, with a driver of its own, each in a process. */
export class Life {
  private readonly serverProcess: Child<ServerRole>;
  private readonly driver: Child<DriverRole>;
  private port = 0;
  private nextEvent = 0;

  /** @param profiles the folder that CPU profiles are written to, if they are wanted */
  constructor(
    private readonly server: ServerName,
    private readonly scale: Scale,
    private readonly profiles: string | undefined,
  ) {
    this.serverProcess = new Child(server, join(__dirname, 'server-process.js'), [server], ['--expose-gc']);
    this.driver = new Child('driver', join(__dirname, 'driver-process.js'));
  }

  /** Runs those of the scenarios that belong to this scale; rejects when a delivery is missing or wrong. */
  async run(scenarios: ReadonlySet<Scenario>): Promise<Map<Scenario, Figures>> {
    const measured = new Map<Scenario, Figures>();
    try {
      this.port = await this.serverProcess.ask(PATIENCE_MS, 'listen', this.scale);
      const before = scenarios.has('idle') ? await this.rss() : 0;
      await this.connect(WARM_UP_CONNECTIONS);
      if (this.scale > WARM_UP_CONNECTIONS) measured.set('connect', await this.measureConnect());
      if (this.scale === 10_000 && scenarios.has('idle'))
        measured.set('idle', await this.measureIdle(before));
      const fanOuts = fanOutsAt(this.scale).filter((name) => scenarios.has(name));
      if (fanOuts.length > 0) await this.fanOut(WARM_UP, WARM_UP.ticks);
      for (const name of fanOuts) measured.set(name, await this.measureFanOut(name));
      await this.check();
    } finally {
      await this.serverProcess.end();
      await this.driver.end();
    }
    return measured;
  }

  private async measureConnect(): Promise<Figures> {
    const count = this.scale - WARM_UP_CONNECTIONS;
    const { cpu, result: seconds } = await this.measureCpu('connect', () => this.connect(count));
    return { perSecond: count / seconds, cpu: cpu / count };
  }

  private async measureIdle(rssBefore: number): Promise<Figures> {
    const { cpu } = await this.measureCpu('idle', () => sleep(IDLE_MS));
    const rss = (await this.rss()) - rssBefore;
    return { rss: rss / 1_024 / this.scale, cpu: cpu / this.scale / (IDLE_MS / 1_000) };
  }

  private async measureFanOut(name: FanOutName): Promise<Figures> {
    const fanOut: FanOut = FAN_OUTS[name];
    await this.fanOut(fanOut, fanOut.warmUpTicks);
    const { cpu, result: deliveries } = await this.measureCpu(name, () => this.fanOut(fanOut, fanOut.ticks));
    const emittedAt = await this.serverProcess.ask(PATIENCE_MS, 'emittedAt');
    const latencies = await this.driver.ask(PATIENCE_MS, 'latencies', emittedAt);
    return { cpu: cpu / deliveries, ...latencies };
  }

  /** @returns the number of deliveries */
  private async fanOut(fanOut: FanOut, ticks: number): Promise<number> {
    const emission: Emission = { fanOut, first: this.nextEvent, ticks };
    this.nextEvent += ticks * fanOut.perTick;
    await this.driver.ask(PATIENCE_MS, 'expect', emission);
    await this.serverProcess.ask(PATIENCE_MS, 'emit', emission);
    try {
      return await this.driver.ask(PATIENCE_MS, 'arrived', ARRIVAL_MS);
    } finally {
      await this.check();
    }
  }

  private connect(count: number): Promise<number> {
    const { server, port, scale } = this;
    return this.driver.ask(PATIENCE_MS, 'connect', { server, port, scale, count });
  }

  /** The server's CPU time while something is done, in microseconds. */
  private async measureCpu<T>(name: string, work: () => Promise<T>): Promise<{ cpu: number; result: T }> {
    if (this.profiles) await this.serverProcess.ask(PATIENCE_MS, 'startProfile');
    const before = await this.serverProcess.ask(PATIENCE_MS, 'cpu');
    const result = await work();
    const after = await this.serverProcess.ask(PATIENCE_MS, 'cpu');
    if (this.profiles) {
      const file = join(this.profiles, `${name}.${this.server}.cpuprofile`);
      await this.serverProcess.ask(PATIENCE_MS, 'stopProfile', file);
    }
    return { cpu: after - before, result };
  }

  private rss(): Promise<number> {
    return this.serverProcess.ask(PATIENCE_MS, 'rss');
  }

  private async check(): Promise<void> {
    const problem = await this.driver.ask(PATIENCE_MS, 'problem');
    if (problem !== undefined) throw new Error(problem);
  }
}
