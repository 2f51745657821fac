import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until what is expected is so: looks again and again, and tells the last thing that was wrong. */
export async function eventually(expectation: () => unknown, timeoutMs = 5_000): Promise<void> {
  for (const end = performance.now() + timeoutMs; ; await sleep(20)) {
    try {
      await expectation();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}
