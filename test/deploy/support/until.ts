import { setTimeout as sleep } from 'node:timers/promises';

const ASK_MS = 25;
const PATIENCE_MS = 30_000;

/** Asks until the answer is yes; a rejection is a no. */
export async function untilIs(
  ask: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      if (await ask()) return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) throw new Error(`waited in vain: ${ask.toString()}`);
    await sleep(ASK_MS);
  }
}
