import { setImmediate as nextTurn } from 'node:timers/promises';
import { TurnSlice } from '../turn-slice';

/** Starts what is queued, in order, a slice of it in each turn of the event loop. */
export class UpgradeQueue {
  private readonly slice = new TurnSlice();
  private jobs: (() => void)[] = [];
  private isRunning = false;

  /** @param job must not throw */
  add(job: () => void): void {
    this.jobs.push(job);
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.jobs.length > 0) {
      const jobs = this.jobs;
      this.jobs = [];
      for (const job of jobs) {
        while (this.slice.isOver) await nextTurn();
        job();
        // What a job does after its first await, too, is part of this turn.
        await Promise.resolve();
      }
    }
    this.isRunning = false;
  }
}
