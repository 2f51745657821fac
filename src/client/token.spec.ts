import { LiveStage, message, settled, tokenFor, useFakeTime } from '../../test/support/live-stage';
import { tokenEnd } from './token-end.ts';

let stage: LiveStage;
beforeEach(async () => {
  useFakeTime();
  stage = await LiveStage.set();
});
afterEach(async () => {
  await stage.clear();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const MINUTE = 60_000;
const pass = async (ms: number) => {
  await jest.advanceTimersByTimeAsync(ms);
  await settled();
};

/** A client whose tokens last so long each, without heartbeats, and its first connection. */
const connectedFor = (ms: number) => stage.connected({ token: () => tokenFor(ms) }, { heartbeat_ms: 0 });

describe('the end of a token', () => {
  it('is its exp, whatever else is in it', () => {
    jest.setSystemTime(1_000_000);
    expect(tokenEnd(tokenFor(5_000, { name: '¿ÿþ?>~' }))).toBe(1_005_000);
  });

  it.each(['', 'opaque', 'a.b.c', 'e30.e30.c2ln', 'e30.bnVsbA.c2ln', 'e30.eyJleHAiOiIxIn0.c2ln'])(
    'is never for %p',
    (token) => expect(tokenEnd(token)).toBe(Infinity),
  );
});

describe('a renewal', () => {
  /** Then it comes 15 s before the end. */
  beforeEach(() => void jest.spyOn(Math, 'random').mockReturnValue(0));

  it.each([0, 0.5, 0.999])('comes 15 to 30 s before the end, at random: %d', async (random) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    await connectedFor(10 * MINUTE);
    const earlyMs = 15_000 + random * 15_000;
    await pass(10 * MINUTE - earlyMs - 100);
    expect(stage.server.visits).toHaveLength(1);
    await pass(200);
    expect(stage.server.visits).toHaveLength(2);
  });

  it('comes in the last half of a short token', async () => {
    await connectedFor(20_000);
    await pass(9_900);
    expect(stage.server.visits).toHaveLength(1);
    await pass(5_200);
    expect(stage.server.visits).toHaveLength(2);
  });

  it('is not noticed: the old connection serves until CONNECTED, and is closed then', async () => {
    const { visit, states, messages, received } = await connectedFor(10 * MINUTE);
    visit.send(message('1', 'c1'));
    await pass(10 * MINUTE - 15_000);
    const next = (await stage.server.next()).accept();
    expect(next.resume).toBe('c1');
    expect(next.token).not.toBe(visit.token);
    visit.send(message('2', 'c2'));
    await received('2');
    expect(visit.isClosed).toBe(false);
    next.send({ message_type: 'CONNECTED', cursor: 'c1', resumed: true, heartbeat_ms: 0 });
    next.send(message('2', 'c2'), message('3', 'c3'));
    visit.send(message('late', 'c9'));
    await received('3');
    expect(await visit.closed).toBe(1000);
    expect(messages).toEqual(['1', '2', '3']);
    expect(states).toEqual([{ status: 'connected' }]);
  });

  it('goes on from connection to connection', async () => {
    await connectedFor(MINUTE);
    for (let count = 2; count <= 5; count += 1) {
      await pass(45_000);
      (await stage.server.next()).connect('c', { heartbeat_ms: 0 });
      await settled();
      expect(stage.server.visits).toHaveLength(count);
    }
  });

  it.each([4001, 3000, 1006])(
    'holds when the old connection is closed with %i before the CONNECTED comes',
    async (code) => {
      const { visit, reached } = await connectedFor(MINUTE);
      await pass(45_000);
      const next = (await stage.server.next()).accept();
      if (code === 1006) visit.drop();
      else visit.close(code, 'replaced');
      await reached('connecting');
      next.send({ message_type: 'CONNECTED', cursor: 'c', resumed: true, heartbeat_ms: 0 });
      await reached('connected');
      await pass(10_000);
      expect(stage.server.visits).toHaveLength(2);
    },
  );

  it('that fails leaves the old connection, and is tried again', async () => {
    const { live, states, visit, received } = await connectedFor(MINUTE);
    await pass(45_000);
    (await stage.server.next()).refuse();
    await settled();
    const again = await stage.comesBack();
    visit.send(message('1', 'c1'));
    await received('1');
    again.connect('c1');
    await visit.closed;
    expect(live.state.status).toBe('connected');
    expect(states).toHaveLength(1);
  });

  it('whose token() rejects leaves the old connection, and is tried again', async () => {
    let isOut = false;
    const token = () => (isOut ? Promise.reject(new Error('out')) : tokenFor(MINUTE));
    const { states } = await stage.connected({ token }, { heartbeat_ms: 0 });
    isOut = true;
    await pass(45_000);
    isOut = false;
    (await stage.comesBack()).connect();
    await settled();
    expect(states).toEqual([{ status: 'connected' }]);
  });

  it('that is refused for good leaves the old connection until that is closed', async () => {
    const { live, visit, reached } = await connectedFor(MINUTE);
    await pass(45_000);
    (await stage.server.next()).accept().close(3003, 'forbidden');
    await settled();
    await pass(14_000);
    expect(stage.server.visits).toHaveLength(2);
    expect(live.state.status).toBe('connected');
    visit.close(3003, 'forbidden');
    await reached('closed');
  });

  it('does not open a connection for a token that ends no later, and asks for one every 5 s at most', async () => {
    const cached = tokenFor(MINUTE);
    const token = jest.fn(() => cached);
    const { visit, reached, live } = await stage.connected({ token }, { heartbeat_ms: 0 });
    await pass(59_900);
    expect(stage.server.visits).toHaveLength(1);
    expect(token.mock.calls.length).toBeGreaterThan(2);
    expect(token.mock.calls.length).toBeLessThan(8);
    visit.close(3000, 'token expired');
    await reached('waiting');
    (await stage.comesBack()).accept().close(3000, 'token expired');
    await reached('closed');
    expect(live.state).toMatchObject({ reason: 'token expired' });
    await pass(MINUTE);
    expect(stage.server.visits).toHaveLength(2);
  });

  it('never comes hot, however short the tokens are', async () => {
    const { visit } = await connectedFor(200);
    const served = new Set([visit]);
    for (let count = 0; count < 40; count += 1) {
      await pass(500);
      for (const next of stage.server.visits.filter((each) => !served.has(each))) {
        served.add(next.connect('start', { heartbeat_ms: 0 }));
      }
    }
    expect(served.size).toBeGreaterThan(2);
    expect(served.size).toBeLessThanOrEqual(5);
  });

  it('does not come when the clock says that the accepted token has ended', async () => {
    const { live } = await connectedFor(-MINUTE);
    await pass(10 * MINUTE);
    expect(stage.server.visits).toHaveLength(1);
    expect(live.state.status).toBe('connected');
  });

  it('does not come for a token without an end', async () => {
    await stage.connected({ token: () => 'opaque' }, { heartbeat_ms: 0 });
    await pass(10 * MINUTE);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('comes for a token that lasts longer than a timer can', async () => {
    const days = 60 * 86_400_000;
    await connectedFor(days);
    await pass(1_000);
    await pass(days - MINUTE);
    expect(stage.server.visits).toHaveLength(1);
    await pass(50_000);
    expect(stage.server.visits).toHaveLength(2);
  });

  it('that still asks for its token when the connection is lost opens only one', async () => {
    const answers: ((token: string) => void)[] = [];
    let isFirst = true;
    const token = () => {
      if (!isFirst) return new Promise<string>((resolve) => answers.push(resolve));
      isFirst = false;
      return tokenFor(MINUTE);
    };
    const { visit, reached } = await stage.connected({ token }, { heartbeat_ms: 0 });
    await pass(45_000);
    visit.drop();
    await reached('waiting');
    answers[0]!(tokenFor(MINUTE));
    await pass(0);
    expect(stage.server.visits).toHaveLength(1);
    await pass(1_000);
    answers[1]!(tokenFor(MINUTE));
    (await stage.server.next()).connect();
    await reached('connected');
    await pass(5_000);
    expect(stage.server.visits).toHaveLength(2);
  });
});
