import { REFUSED_PREFIX } from './append-script';

/** What an error of Redis, or of the way to it, says about the command that it answers. */
export type RedisVerdict =
  /** Not done, and asking again is pointless until somebody acts. */
  | 'refused'
  /** Not done; this server can't just now, and another one, or the same a moment later, may. */
  | 'elsewhere'
  /** Perhaps done. */
  | 'unknown';

/** Replies that come before a command is run, by their first word. */
const REFUSALS = ['OOM', 'WRONGTYPE', 'NOPERM', 'NOAUTH', 'WRONGPASS', 'MISCONF', 'NOREPLICAS', 'DENIED'];
const ELSEWHERE = ['READONLY', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'MOVED', 'ASK', 'TRYAGAIN', 'BUSY'];

export function verdictOf(error: Error): RedisVerdict {
  const isRefused = error.message.startsWith(REFUSED_PREFIX);
  const reply = isRefused ? error.message.slice(REFUSED_PREFIX.length) : error.message;
  const word = /^-?([A-Z]+)\b/.exec(reply)?.[1] ?? '';
  if (ELSEWHERE.includes(word)) return 'elsewhere';
  return isRefused || REFUSALS.includes(word) ? 'refused' : 'unknown';
}

/** The error without what ioredis adds to it: the command's arguments, records and passwords among them. */
export function plainError(error: unknown): Error {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  const text = typeof message === 'string' && message !== '' ? message : codeText(code);
  return new Error(text.startsWith(REFUSED_PREFIX) ? text.slice(REFUSED_PREFIX.length) : text);
}

/** Node's errors of several addresses have a code only. */
function codeText(code: unknown): string {
  return typeof code === 'string' ? code : 'the connection failed';
}
