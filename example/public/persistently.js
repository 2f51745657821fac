const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;

/** Does it again until it works, the signal aborts, or the server refuses it for good. */
export async function persistently(action, signal) {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      return await action();
    } catch (error) {
      if (signal?.aborted || isRefusal(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * waitMs));
    signal?.throwIfAborted();
  }
}

/** Whether asking again would not help, as it does when there were too many requests. */
export function isRefusal({ status }) {
  return status >= 400 && status < 500 && status !== 429;
}
