/**
 * Why the server closes a connection, and what a client should do about it: the one table that the server,
 * the browser client, the docs and the tests share. The codes are registered with IANA (RFC 6455, section
 * 11.7) where one fits; 4000 and up are this protocol's own.
 */
export const CLOSE_CODES = {
  normal: { code: 1000, client: 'stop' },
  policyViolation: { code: 1008, client: 'stop' },
  messageTooBig: { code: 1009, client: 'stop' },
  internalError: { code: 1011, client: 'back-off' },
  serviceRestart: { code: 1012, client: 'wait' },
  tryAgainLater: { code: 1013, client: 'wait' },
  unauthorized: { code: 3000, client: 'new-token' },
  forbidden: { code: 3003, client: 'stop' },
  timeout: { code: 3008, client: 'back-off' },
  replaced: { code: 4001, client: 'stop' },
  tooSlow: { code: 4002, client: 'back-off' },
} as const satisfies Record<string, { code: number; client: ClientReaction }>;

/**
 * What a client does after a close: `stop` (reconnecting will not help), `back-off` (reconnect with growing
 * random waits), `wait` (a random part of the reason's `reconnect_within_ms`), `new-token` (fetch a token and
 * try once).
 */
export type ClientReaction = 'stop' | 'back-off' | 'wait' | 'new-token';

/** A name in {@link CLOSE_CODES}. */
export type CloseName = keyof typeof CLOSE_CODES;

/** A close as it goes out: a name from the table and a reason of at most 123 bytes (RFC 6455, section 5.5). */
export interface Close {
  readonly name: CloseName;
  readonly reason: string;
}

/** A close whose reason tells the client to come back after a random part of `ms` milliseconds. */
export function closeWithHint(name: 'serviceRestart' | 'tryAgainLater', ms: number): Close {
  return { name, reason: JSON.stringify({ reconnect_within_ms: ms }) };
}
