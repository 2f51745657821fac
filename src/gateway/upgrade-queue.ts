import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one turn of the event loop may go on with upgrades, in milliseconds. */
const SLICE_MS = 10;

/**
 * Starts what is queued, in order, a few milliseconds at a time: when ten thousand clients come back at once, the host's
 * own requests do not wait for all of them.
 */
export class UpgradeQueue {
  private jobs: (() => void)[] = [];
  private isRunning = false;

  /** @param job must not throw */
  add(job: () => void): void {
    this.jobs.push(job);
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    let end = performance.now() + SLICE_MS;
    while (this.jobs.length > 0) {
      const jobs = this.jobs;
      this.jobs = [];
      for (const job of jobs) {
        job();
        // What a job does after its first await, too, is part of this turn.
        await Promise.resolve();
        if (performance.now() < end) continue;
        await nextTurn();
        end = performance.now() + SLICE_MS;
      }
    }
    this.isRunning = false;
  }
}
