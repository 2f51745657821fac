import { HUB_OPTIONS } from '../../test/support/hub-options';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { ConnectionRegistry } from '../hub/connection-registry';
import { Hub } from '../hub/hub';
import { LiveUsers } from '../hub/live-users';
import { Principal } from '../hub/principal';
import { MemoryEventLog } from '../log/memory-event-log';
import { Handshake, OriginCheck } from './handshake';
import { JwtConnectionGuard } from './jwt-connection.guard';

const PRINCIPAL: Principal = { userId: 'user' };

function setUp(authenticate: () => Promise<Principal>, origins: OriginCheck | 'any' = 'any') {
  const report = jest.fn();
  const users = new LiveUsers();
  const hub = new Hub(
    new MemoryEventLog(),
    users,
    new ConnectionRegistry(users, report),
    undefined,
    HUB_OPTIONS,
    report,
  );
  const guard = Object.assign(new JwtConnectionGuard(), { authenticate });
  return {
    handshake: new Handshake(hub, () => guard, origins, report),
    report,
    places: () => hub['window']['places'].size,
  };
}

function upgrade(): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.url = '/ws?token=a.b.c';
  return request;
}

const never = () => new Promise<never>(() => undefined);
const INTERNAL_ERROR = {
  kind: 'rejected',
  rejection: { close: { name: 'internalError', reason: 'internal error' }, status: 500 },
};

describe('the decision about an upgrade', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is 1011 for a guard that does not answer within ten seconds, with one line in the log', async () => {
    const { handshake, report, places } = setUp(never);
    const decided = jest.fn();
    const decision = handshake.decide(upgrade()).finally(decided);
    await jest.advanceTimersByTimeAsync(9_999);
    expect(decided).not.toHaveBeenCalled();
    expect(places()).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(await decision).toMatchObject(INTERNAL_ERROR);
    expect(report.mock.calls).toEqual([
      ['A connection could not be authenticated', new Error('the guard did not answer within 10000 ms')],
    ]);
    expect(places()).toBe(0);
  });

  it('is the same for an origin function that never answers', async () => {
    const { handshake, places } = setUp(() => Promise.resolve(PRINCIPAL), never);
    const decided = jest.fn();
    void handshake.decide(upgrade()).then(decided);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(decided).toHaveBeenCalledWith(expect.objectContaining(INTERNAL_ERROR));
    expect(places()).toBe(0);
  });

  it.each(['answers', 'fails'])('stands when the guard %s after all', async (how) => {
    const { handshake, report } = setUp(
      () =>
        new Promise((resolve, reject) => {
          setTimeout(() => (how === 'answers' ? resolve(PRINCIPAL) : reject(new Error('late'))), 11_000);
        }),
    );
    const decision = handshake.decide(upgrade());
    await jest.advanceTimersByTimeAsync(20_000);
    expect(await decision).toMatchObject(INTERNAL_ERROR);
    expect(report).toHaveBeenCalledTimes(1);
  });

  it('comes with the place that was taken before the guard was asked, and leaves no timer', async () => {
    const { handshake, places } = setUp(() => Promise.resolve(PRINCIPAL));
    const before = jest.getTimerCount();
    expect(await handshake.decide(upgrade())).toMatchObject({ kind: 'admitted', principal: PRINCIPAL });
    expect(places()).toBe(1);
    expect(jest.getTimerCount()).toBe(before);
  });
});
