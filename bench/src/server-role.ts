import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock';
import { messageOf } from './message';
import { Emission, ServerRole } from './roles';
import { BenchServer } from './servers/bench-server';
import { channelOf } from './topology';

/** Garbage collections before memory is read, and the pause after each for the heap to give pages back. */
const COLLECTIONS = { count: 4, pauseMs: 100 };

/** A server in a process of its own. */
export class ServerProcess implements ServerRole {
  private readonly profiler = new Session();
  private times: number[] = [];

  constructor(private readonly server: BenchServer) {}

  listen(scale: Parameters<ServerRole['listen']>[0]): Promise<number> {
    return this.server.listen(scale);
  }

  cpu(): number {
    const { user, system } = process.cpuUsage();
    return user + system;
  }

  async rss(): Promise<number> {
    for (let round = 0; round < COLLECTIONS.count; round += 1) {
      if (!globalThis.gc) throw new Error('has to run with --expose-gc');
      globalThis.gc();
      await sleep(COLLECTIONS.pauseMs);
    }
    return process.memoryUsage.rss();
  }

  emit({ fanOut, first, ticks }: Emission): Promise<void> {
    const times: number[] = [];
    this.times = times;
    const tick = () => {
      // The events of a tick happen together: what one has to wait for those before it is part of its latency.
      const at = now();
      for (let n = 0; n < fanOut.perTick; n += 1) {
        const event = first + times.length;
        const channel = channelOf(event, fanOut.to);
        const message = messageOf(event, channel);
        times.push(at);
        this.server.emit(message);
      }
    };
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        tick();
        if (times.length < fanOut.perTick * ticks) return;
        clearInterval(timer);
        resolve();
      }, fanOut.intervalMs);
    });
  }

  emittedAt(): number[] {
    return this.times;
  }

  async startProfile(): Promise<void> {
    this.profiler.connect();
    await this.profiler.post('Profiler.enable');
    await this.profiler.post('Profiler.start');
  }

  async stopProfile(file: string): Promise<void> {
    const { profile } = await this.profiler.post('Profiler.stop');
    this.profiler.disconnect();
    await writeFile(file, JSON.stringify(profile));
  }
}
