import type { Position } from 'nestjs-live-messages';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { LogWriter } from '../../../dist/log/log-writer';
import { answer } from '../answer';
import { Latencies } from '../roles';
import { percentile } from '../statistics';
import { recordOf } from './records';
import { AppenderRole } from './roles';

/** For how long an append may take: longer than any that counts. */
const TIMEOUT_MS = 10_000;

/** Made before anything is measured, and appended again and again: what an emit does first is not in the figures. */
const RECORDS = Array.from({ length: 5_000 }, (_, event) => recordOf(event));

/** A node that only emits, as it is below `LiveEventsService`. */
class AppenderProcess implements AppenderRole {
  private readonly writer: LogWriter;
  private emitted = 0;

  constructor(url: string) {
    this.writer = new LogWriter(redisEventLog({ url }), TIMEOUT_MS);
  }

  async pace(perSecond: number, count: number): Promise<Latencies> {
    const took: number[] = [];
    const appends: Promise<void>[] = [];
    const append = async () => {
      const start = performance.now();
      await this.append();
      took.push(performance.now() - start);
    };
    const start = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(count, Math.floor(((performance.now() - start) / 1_000) * perSecond));
        while (appends.length < due) appends.push(append());
        if (due < count) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    await Promise.all(appends);
    const sorted = Float64Array.from(took).sort();
    return { p50: percentile(sorted, 50), p99: percentile(sorted, 99) };
  }

  async saturate(count: number, waiting: number): Promise<number> {
    const end = this.emitted + count;
    const start = performance.now();
    const appendOn = async () => {
      while (this.emitted < end) await this.append();
    };
    await Promise.all(Array.from({ length: waiting }, appendOn));
    return (count / (performance.now() - start)) * 1_000;
  }

  last(): Position {
    if (!this.writer.lastAccepted) throw new Error('nothing was appended');
    return this.writer.lastAccepted;
  }

  cpu(): number {
    const { user, system } = process.cpuUsage();
    return user + system;
  }

  private append(): Promise<Position> {
    this.emitted += 1;
    return this.writer.append(RECORDS[this.emitted % RECORDS.length]!);
  }
}

answer(new AppenderProcess(process.argv[2]!));
