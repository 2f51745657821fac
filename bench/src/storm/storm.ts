import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child';
import { StormClientsRole, StormServerRole } from './roles';
import { CLIENTS, MISSED } from './topology';

const PATIENCE_MS = 120_000;

/** How long the server may take to notice that its clients are gone, in milliseconds. */
const NOTICE_MS = 10_000;

/** Between two live events, in milliseconds: each is a batch of its own. */
const LIVE_EVERY_MS = 5;

export interface Measured {
  /** Until the last client had what it should; 0 where that says nothing. */
  readonly seconds: number;
  /** Of the server, a client, in microseconds. */
  readonly cpu: number;
  readonly stallMs: number;
}

/** A server and its clients, each in a process of their own. */
export class Storm {
  private constructor(
    private readonly server: Child<StormServerRole>,
    private readonly clients: Child<StormClientsRole>,
    private readonly port: number,
  ) {}

  static async begin(): Promise<Storm> {
    const server = new Child<StormServerRole>('server', join(__dirname, 'server.js'), [], ['--expose-gc']);
    const clients = new Child<StormClientsRole>('clients', join(__dirname, 'clients.js'));
    return new Storm(server, clients, await server.ask(PATIENCE_MS, 'listen'));
  }

  async end(): Promise<void> {
    await Promise.all([this.server.end(), this.clients.end()]);
  }

  /** Everyone connects over a time, in milliseconds, and gets so many events of the past. */
  arrive(spreadMs: number, events: number): Promise<Measured> {
    return this.measure(() => this.clients.ask(PATIENCE_MS, 'connect', this.port, spreadMs, events));
  }

  /** Everyone gets what he would have missed, live. */
  deliver(): Promise<Measured> {
    return this.measure(async () => {
      await this.server.ask(PATIENCE_MS, 'emit', LIVE_EVERY_MS);
      await this.clients.ask(PATIENCE_MS, 'received', MISSED);
      return 0;
    });
  }

  /** Everyone is gone, misses something, and comes back. */
  async comeBack(spreadMs: number): Promise<Measured> {
    await this.drop();
    await this.server.ask(PATIENCE_MS, 'emit', 0);
    return this.arrive(spreadMs, MISSED);
  }

  async memoryOfNobody(): Promise<{ readonly rss: number; readonly heap: number }> {
    await this.drop();
    return this.server.ask(PATIENCE_MS, 'memory');
  }

  private async drop(): Promise<void> {
    await this.clients.ask(PATIENCE_MS, 'drop');
    for (let waited = 0; (await this.server.ask(PATIENCE_MS, 'connections')) > 0; waited += 50) {
      if (waited > NOTICE_MS) throw new Error('the server still has connections');
      await sleep(50);
    }
  }

  private async measure(work: () => Promise<number>): Promise<Measured> {
    await this.server.ask(PATIENCE_MS, 'start');
    const seconds = await work();
    const { cpu, stallMs } = await this.server.ask(PATIENCE_MS, 'stop');
    return { seconds, cpu: cpu / CLIENTS, stallMs };
  }
}
