import { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { BEARER_SUBPROTOCOL_PREFIX, MAX_TOKEN_BYTES, SUBPROTOCOL } from '../protocol/wire';

/** An upgrade request, as a guard sees it. */
export interface UpgradeRequest {
  /** The token, however it was brought: in the query, as a bearer, or as a subprotocol. Undefined when there is none. */
  readonly token: string | undefined;
  /** The query without the token. */
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly origin: string | undefined;
  /** Of the peer, which may be a proxy. */
  readonly remoteAddress: string | undefined;
}

/**
 * Reads what an upgrade brings.
 *
 * @returns undefined when it is malformed: more than one token, one that is too long, or a URL that is none
 */
export function readUpgradeRequest(raw: IncomingMessage): UpgradeRequest | undefined {
  const query = queryOf(raw.url ?? '');
  if (!query) return undefined;
  const tokens = [...query.getAll('token'), ...bearersOf(raw), ...subprotocolBearersOf(raw.headers)];
  if (tokens.length > 1 || Buffer.byteLength(tokens[0] ?? '') > MAX_TOKEN_BYTES) return undefined;
  query.delete('token');
  return {
    token: tokens[0] || undefined,
    query,
    headers: raw.headers,
    origin: raw.headers.origin,
    get remoteAddress() {
      return raw.socket.remoteAddress;
    },
  };
}

/** The subprotocol the server answers, of those a client offers: never its token. */
export function chooseSubprotocol(offered: ReadonlySet<string>): string | false {
  return offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false;
}

function queryOf(url: string): URLSearchParams | undefined {
  const start = url.indexOf('?');
  const text = start < 0 ? '' : url.slice(start + 1);
  // URLSearchParams never throws, but reads broken percent-encoding as something that nobody sent.
  return /%(?![0-9a-f]{2})/i.test(text) ? undefined : new URLSearchParams(text);
}

/** Of each `Authorization`: in `headers` Node keeps only the first. */
function bearersOf({ headersDistinct }: IncomingMessage): string[] {
  return (headersDistinct.authorization ?? [])
    .map((value) => /^Bearer +(\S+) *$/i.exec(value)?.[1])
    .filter((token) => token !== undefined);
}

function subprotocolBearersOf(headers: IncomingHttpHeaders): string[] {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((entry) => entry.trim());
  if (!offered.includes(SUBPROTOCOL)) return [];
  return offered
    .filter((entry) => entry.startsWith(BEARER_SUBPROTOCOL_PREFIX))
    .map((entry) => entry.slice(BEARER_SUBPROTOCOL_PREFIX.length));
}
