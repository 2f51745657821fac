import { Close } from '../protocol/close-codes';

/** Why an upgrade does not become a connection: as a close, and as an HTTP answer. Nothing in it echoes input. */
export interface Rejection {
  readonly close: Close;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const BEARER = { 'WWW-Authenticate': 'Bearer' };

function unauthorized(reason: string, status = 401): Rejection {
  return { close: { name: 'unauthorized', reason }, status, headers: status === 401 ? BEARER : undefined };
}

/** Every rejection before the upgrade. */
export const REJECTIONS = {
  tokenMissing: unauthorized('token missing'),
  tokenMalformed: unauthorized('token malformed', 400),
  tokenInvalid: unauthorized('token invalid'),
  tokenExpired: unauthorized('token expired'),
  tokenNotYetValid: unauthorized('token not yet valid'),
  tokenRevoked: unauthorized('token revoked'),
  unauthorized: unauthorized('unauthorized'),
  forbidden: { close: { name: 'forbidden', reason: 'forbidden' }, status: 403 },
  originNotAllowed: { close: { name: 'forbidden', reason: 'origin not allowed' }, status: 403 },
  internalError: { close: { name: 'internalError', reason: 'internal error' }, status: 500 },
} as const satisfies Record<string, Rejection>;

/** What a client gets when the endpoint can't take it now, always over HTTP: 503 with `Retry-After`. */
export interface Unavailable {
  readonly retryAfterSeconds: number;
}
