import { Connection } from '../hub/connection';
import { Close } from '../protocol/close-codes';
import { ConnectionLimit } from './connection-limit';

const NOW = Date.UTC(2026, 0, 1, 12);
const SECOND = 1_000;
const SOCKET = { pendingBytes: 0, writtenBytes: 0, write: () => undefined, close: () => undefined };

/** A connection whose token was issued and expires so many seconds from now. */
function connection(issuedAt: number | undefined, expiresAt: number | undefined): Connection {
  const inMs = (seconds: number | undefined) => (seconds === undefined ? undefined : NOW + seconds * SECOND);
  const principal = { userId: 'user', issuedAt: inMs(issuedAt), expiresAt: inMs(expiresAt) };
  return new Connection(principal, SOCKET, { position: { epoch: 1, seq: 0 } });
}

describe('the limit of connections per user', () => {
  beforeEach(() => jest.useFakeTimers({ now: NOW }));
  afterEach(() => jest.useRealTimers());

  function closedOf(perUser: number, ...connections: Connection[]): number[] {
    const closed: number[] = [];
    const close = (one: Connection, { name }: Close) => {
      expect(name).toBe('replaced');
      closed.push(connections.indexOf(one));
    };
    new ConnectionLimit(perUser, close).enforce(connections, NOW);
    return closed;
  }

  const lasting = () => connection(-10, 3_600);

  it('closes nobody up to it, and the oldest past it', () => {
    expect(closedOf(3, lasting(), lasting(), lasting())).toEqual([]);
    expect(closedOf(3, lasting(), lasting(), lasting(), lasting(), lasting())).toEqual([0, 1]);
  });

  it.each<[what: string, issued: number | undefined, expires: number | undefined, counted: boolean]>([
    ['a minute of an hour left', -3_540, 60, true],
    ['less than a minute of an hour left', -3_541, 59, false],
    ['half of half a minute left', -15, 15, true],
    ['less than half of half a minute left', -16, 14, false],
    ['no iat, and half a minute left since it connected', undefined, 30, true],
    ['no end', -3_600, undefined, true],
  ])('with %s: counts it or not', (_what, issued, expires, counted) => {
    expect(closedOf(1, connection(issued, expires), lasting())).toEqual(counted ? [0] : []);
  });
});
