import { join } from 'node:path';
import { Child } from '../child';
import { DriverRole, Emission, ServerRole } from '../roles';
import { FanOut } from '../scenarios';
import { Figures } from './figures';
import { CONNECTIONS, NodeName, TWO_NODES_WARM_UP } from './scenarios';

const PATIENCE_MS = 60_000;

/** How long deliveries may take beyond the emission, in milliseconds. */
const ARRIVAL_MS = 20_000;

/** The users and channels that the scenario `channels` has: the nodes know all of them, and some connect. */
const SCALE = 10_000;

/** Two nodes on one Redis, and clients on the second one, each in a process of its own: events go out on the first. */
export class TwoNodes {
  private readonly emitter: Child<ServerRole>;
  private readonly receiver: Child<ServerRole>;
  private readonly driver: Child<DriverRole>;
  private nextEvent = 0;

  /** @param profiles the folder that CPU profiles of both nodes are written to, if they are wanted */
  constructor(
    private readonly name: NodeName,
    url: string,
    private readonly profiles: string | undefined,
  ) {
    const node = (role: string) =>
      new Child<ServerRole>(`${name}, ${role}`, join(__dirname, 'node-process.js'), [name, url]);
    this.emitter = node('emitter');
    this.receiver = node('receiver');
    this.driver = new Child('driver', join(__dirname, '..', 'driver-process.js'));
  }

  async begin(): Promise<void> {
    await this.emitter.ask(PATIENCE_MS, 'listen', SCALE);
    const port = await this.receiver.ask(PATIENCE_MS, 'listen', SCALE);
    const connect = { server: this.name, port, scale: SCALE, count: CONNECTIONS } as const;
    await this.driver.ask(PATIENCE_MS, 'connect', connect);
    await this.fanOut(TWO_NODES_WARM_UP, TWO_NODES_WARM_UP.ticks);
  }

  /** Rejects when a delivery is missing or wrong. */
  async measure(pace: string, fanOut: FanOut): Promise<Figures> {
    await this.fanOut(fanOut, fanOut.warmUpTicks);
    if (this.profiles) await this.onBoth((node) => node.ask(PATIENCE_MS, 'startProfile'));
    const [emitterBefore, receiverBefore] = await this.cpu();
    const { deliveries, seconds } = await this.fanOut(fanOut, fanOut.ticks);
    const [emitterAfter, receiverAfter] = await this.cpu();
    if (this.profiles) await this.stopProfiles(this.profiles, pace);
    const emittedAt = await this.emitter.ask(PATIENCE_MS, 'emittedAt');
    const emitterCpu = emitterAfter - emitterBefore;
    const receiverCpu = receiverAfter - receiverBefore;
    return {
      ...(await this.driver.ask(PATIENCE_MS, 'latencies', emittedAt)),
      cpu: (emitterCpu + receiverCpu) / deliveries,
      emitterCpuAnEvent: emitterCpu / fanOut.ticks,
      receiverCpuAnEvent: receiverCpu / fanOut.ticks,
      eventsASecond: fanOut.ticks / seconds,
    };
  }

  async end(): Promise<void> {
    await Promise.all([this.emitter.end(), this.receiver.end(), this.driver.end()]);
  }

  private async fanOut(fanOut: FanOut, ticks: number): Promise<{ deliveries: number; seconds: number }> {
    const emission: Emission = { fanOut, first: this.nextEvent, ticks };
    this.nextEvent += ticks * fanOut.perTick;
    await this.driver.ask(PATIENCE_MS, 'expect', emission);
    const start = performance.now();
    await this.emitter.ask(PATIENCE_MS, 'emit', emission);
    const seconds = (performance.now() - start) / 1_000;
    try {
      return { deliveries: await this.driver.ask(PATIENCE_MS, 'arrived', ARRIVAL_MS), seconds };
    } finally {
      const problem = await this.driver.ask(PATIENCE_MS, 'problem');
      if (problem !== undefined) throw new Error(problem);
    }
  }

  private cpu(): Promise<[number, number]> {
    return this.onBoth((node) => node.ask(PATIENCE_MS, 'cpu'));
  }

  private stopProfiles(folder: string, pace: string): Promise<unknown> {
    const file = (role: string) => join(folder, `two-nodes-${pace}.${this.name}.${role}.cpuprofile`);
    return Promise.all([
      this.emitter.ask(PATIENCE_MS, 'stopProfile', file('emitter')),
      this.receiver.ask(PATIENCE_MS, 'stopProfile', file('receiver')),
    ]);
  }

  private onBoth<T>(call: (node: Child<ServerRole>) => Promise<T>): Promise<[T, T]> {
    return Promise.all([call(this.emitter), call(this.receiver)]);
  }
}
