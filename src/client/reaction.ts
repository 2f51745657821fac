import { CLOSE_CODES } from '../protocol/close-codes.ts';
import type { ClientReaction } from '../protocol/close-codes.ts';

/** What a close asks of the client; a code that is not the server's, 1006 say, is a failure like any other. */
export function reactionTo(code: number): ClientReaction {
  return Object.values(CLOSE_CODES).find((close) => close.code === code)?.client ?? 'back-off';
}

/** Within how many milliseconds the server wants its client back, when a close says so. */
export function hintIn(reason: string): number | undefined {
  try {
    const { reconnect_within_ms: ms } = JSON.parse(reason) as { reconnect_within_ms?: unknown };
    return typeof ms === 'number' && ms >= 0 ? ms : undefined;
  } catch {
    return undefined;
  }
}
