import { WebSocket } from 'ws';
import { LiveStage, message, settled, useFakeTime } from '../../test/support/live-stage';
import { createLiveClient } from './index.ts';
import type { LiveState } from './index.ts';

let stage: LiveStage;
beforeEach(async () => {
  useFakeTime();
  jest.spyOn(Math, 'random').mockReturnValue(0.5);
  stage = await LiveStage.set();
});
afterEach(async () => {
  await stage.clear();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const statuses = (states: LiveState[]) => states.map(({ status }) => status);
const delayOf = (state: LiveState) => (state as { delayMs?: number }).delayMs;

describe('an attempt', () => {
  it('brings the token as a subprotocol, and an empty cursor the first time', async () => {
    const { live } = stage.client({ token: () => Promise.resolve('a.b.c') });
    const visit = await stage.server.next();
    expect(visit.protocols).toEqual(['live-messages', 'bearer.a.b.c']);
    expect([...visit.query]).toEqual([['resume', '']]);
    expect(live.state).toEqual({ status: 'connecting' });
  });

  it('brings the token in the query where that is asked for, beside what the url has', async () => {
    stage.client({ tokenIn: 'query', url: `${stage.server.url}?v=1` });
    const visit = await stage.server.next();
    expect(visit.protocols).toEqual([]);
    expect([...visit.query]).toEqual([
      ['v', '1'],
      ['resume', ''],
      ['token', 'token'],
    ]);
  });

  it('takes http for ws, and a url that is a function', async () => {
    const url = jest.fn(() => Promise.resolve(stage.server.url.replace('ws:', 'http:')));
    stage.client({ url });
    await stage.server.next();
    expect(url).toHaveBeenCalledTimes(1);
  });

  it('starts from the cursor of what the app has fetched', async () => {
    stage.client({ resume: 'from-rest' });
    expect((await stage.server.next()).resume).toBe('from-rest');
  });

  it('asks for url and token again each time', async () => {
    let count = 0;
    const { reached } = stage.client({ token: () => `token-${(count += 1)}` });
    (await stage.server.next()).refuse();
    await reached('waiting');
    expect((await stage.comesBack()).token).toBe('token-2');
  });

  it('is given up when it brings no first frame within 15 s', async () => {
    const { live, reached } = stage.client();
    const visit = (await stage.server.next()).accept();
    await jest.advanceTimersByTimeAsync(14_900);
    expect(live.state.status).toBe('connecting');
    await jest.advanceTimersByTimeAsync(200);
    await reached('waiting');
    expect(live.state).toMatchObject({ reason: 'silent', code: 1006 });
    expect(await visit.closed).toBe(1000);
  });

  it('waits without a bound for the token, and never asks for two at once', async () => {
    let give = (_token: string) => undefined as void;
    const token = jest.fn(() => new Promise<string>((resolve) => (give = resolve)));
    const { live } = stage.client({ token });
    await jest.advanceTimersByTimeAsync(600_000);
    expect(token).toHaveBeenCalledTimes(1);
    expect(live.state.status).toBe('connecting');
    give('late');
    expect((await stage.server.next()).token).toBe('late');
  });

  it.each<[string, () => string | Promise<string>]>([
    ['rejects', () => Promise.reject(new Error('no session'))],
    [
      'throws',
      () => {
        throw new Error('no session');
      },
    ],
  ])('comes later when token() %s, with what it said as the cause', async (_, failing) => {
    let token = failing;
    const { live, reached } = stage.client({ token: () => token() });
    await reached('waiting');
    expect(live.state).toMatchObject({ reason: 'no token', cause: new Error('no session') });
    token = () => 'token';
    expect((await stage.comesBack()).token).toBe('token');
  });

  it('comes later when url() rejects, or token() gives none', async () => {
    const noUrl = stage.client({ url: () => Promise.reject(new Error('no config')) });
    const noToken = stage.client({ token: () => undefined as never });
    await Promise.all([noUrl.reached('waiting'), noToken.reached('waiting')]);
    expect(stage.server.visits).toHaveLength(0);
  });

  it.each(['subprotocol', 'query'] as const)(
    'says nothing of the token when it is unfit, as %s',
    async (tokenIn) => {
      const silent = jest.spyOn(console, 'error').mockReturnValue();
      const url = tokenIn === 'query' ? 'ftp://host/#secret' : stage.server.url;
      const { states, reached } = stage.client({ token: () => 'secret token', url, tokenIn });
      await reached('waiting');
      expect(states[0]).toMatchObject({ reason: 'invalid url or token' });
      expect(JSON.stringify(states)).not.toContain('secret');
      expect(silent).not.toHaveBeenCalled();
    },
  );

  it('needs a WebSocket', () => {
    expect(() => createLiveClient({ url: 'ws://localhost', token: () => 'token' })).toThrow(TypeError);
  });
});

describe('a connection that ends', () => {
  it('is followed by another that brings the last cursor', async () => {
    const { states, visit, received, reached } = await stage.connected();
    visit.send(message('1', 'c1'), message('2', 'c2'));
    await received('2');
    visit.drop();
    await reached('waiting');
    const next = await stage.comesBack();
    expect(next.resume).toBe('c2');
    next.connect('c2').send(message('3', 'c3'));
    await received('3');
    expect(statuses(states)).toEqual(['connected', 'waiting', 'connecting', 'connected']);
    expect(states[1]).toMatchObject({ code: 1006 });
  });

  it('is tried again after random waits whose bound grows from 0.5 to 20 s', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const { states, reached } = stage.client();
    for (let attempt = 0; attempt < 9; attempt += 1) {
      (await stage.server.next()).refuse();
      await reached('waiting');
      await jest.advanceTimersByTimeAsync(delayOf(states.at(-1)!)!);
    }
    const delays = states.filter(({ status }) => status === 'waiting').map(delayOf);
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000]);
  });

  it('is tried again at any moment within the bound: full jitter', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.01);
    const { live, reached } = stage.client();
    (await stage.server.next()).refuse();
    await reached('waiting');
    expect(delayOf(live.state)).toBe(5);
  });

  it('waits little again only after one that has held for 10 s', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const { live, reached, states } = stage.client();
    for (const heldMs of [0, 9_900, 10_100]) {
      const visit = (await stage.server.next()).connect();
      await reached('connected');
      await jest.advanceTimersByTimeAsync(heldMs);
      visit.drop();
      await reached('waiting');
      await jest.advanceTimersByTimeAsync(delayOf(live.state)!);
    }
    expect(states.filter(({ status }) => status === 'waiting').map(delayOf)).toEqual([500, 1_000, 500]);
  });

  it.each([1000, 1008, 1009, 3003, 4001])('is the last one after %i', async (code) => {
    const { live, visit, reached } = await stage.connected();
    visit.close(code, 'why');
    await reached('closed');
    expect(live.state).toEqual({ status: 'closed', reason: 'why', code });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(stage.server.visits).toHaveLength(1);
  });

  it.each([1001, 1011, 3008, 4002, 4999])('is tried again after %i', async (code) => {
    const { live, visit, reached } = await stage.connected();
    visit.close(code, 'why');
    await reached('waiting');
    expect(live.state).toMatchObject({ reason: 'why', code });
    expect(delayOf(live.state)).toBeLessThanOrEqual(500);
    await stage.comesBack();
  });

  it.each([1012, 1013])('is tried again within what %i says, at random', async (code) => {
    jest.spyOn(Math, 'random').mockReturnValue(0.75);
    const { live, visit, reached } = await stage.connected();
    visit.close(code, { reconnect_within_ms: 8_000 });
    await reached('waiting');
    expect(delayOf(live.state)).toBe(6_000);
  });

  it.each(['', 'soon', 'null', '{"reconnect_within_ms":-1}', '{"reconnect_within_ms":"1"}'])(
    'backs off when 1013 says %p',
    async (reason) => {
      const { live, visit, reached } = await stage.connected();
      visit.close(1013, reason);
      await reached('waiting');
      expect(delayOf(live.state)).toBeLessThanOrEqual(500);
    },
  );

  it('tries once with a new token after 3000, at once, and then gives up', async () => {
    let count = 0;
    const { live, visit, states, reached } = await stage.connected({ token: () => `token-${(count += 1)}` });
    visit.close(3000, 'token expired');
    await reached('waiting');
    expect(delayOf(states.at(-1)!)).toBe(0);
    await jest.advanceTimersByTimeAsync(0);
    const next = await stage.server.next();
    expect(next.token).toBe('token-2');
    next.accept().close(3000, 'token revoked');
    await reached('closed');
    expect(live.state).toEqual({ status: 'closed', reason: 'token revoked', code: 3000 });
  });

  it('tries a new token again once a connection has held', async () => {
    const { visit, reached } = await stage.connected();
    let last = visit;
    for (let round = 0; round < 3; round += 1) {
      last.close(3000);
      await reached('waiting');
      await jest.advanceTimersByTimeAsync(0);
      last = (await stage.server.next()).connect();
      await reached('connected');
      await jest.advanceTimersByTimeAsync(11_000);
    }
  });

  it('is found dead when nothing has come for one and a half heartbeats', async () => {
    const { live, visit, reached } = await stage.connected({}, { heartbeat_ms: 10_000 });
    for (let beats = 0; beats < 3; beats += 1) {
      await jest.advanceTimersByTimeAsync(14_000);
      visit.send({ message_type: 'HEARTBEAT', cursor: `beat-${beats}` });
      await settled();
    }
    await jest.advanceTimersByTimeAsync(14_900);
    expect(live.state.status).toBe('connected');
    await jest.advanceTimersByTimeAsync(200);
    await reached('waiting');
    expect(live.state).toMatchObject({ reason: 'silent' });
    expect((await stage.comesBack()).resume).toBe('beat-2');
  });

  it('is found dead though the clock was set back', async () => {
    const { live } = await stage.connected({}, { heartbeat_ms: 10_000 });
    jest.setSystemTime(Date.now() - 3_600_000);
    await jest.advanceTimersByTimeAsync(31_000);
    expect(live.state.status).not.toBe('connected');
  });

  it('is heard first when its machine wakes from sleep', async () => {
    const { live, visit } = await stage.connected({}, { heartbeat_ms: 10_000 });
    jest.setSystemTime(Date.now() + 3_600_000);
    visit.send({ message_type: 'HEARTBEAT', cursor: 'beat' });
    jest.advanceTimersByTime(15_000);
    expect(live.state.status).toBe('connected');
    await settled();
    await jest.advanceTimersByTimeAsync(2_000);
    expect(live.state.status).toBe('connected');
  });

  it('is found dead where every timer is late, as in a page that is hidden for long', async () => {
    const { live } = await stage.connected({}, { heartbeat_ms: 10_000 });
    for (const ms of [15_000, 1_000]) {
      jest.setSystemTime(Date.now() + 60_000);
      jest.advanceTimersByTime(ms);
    }
    expect(live.state).toMatchObject({ reason: 'silent' });
  });

  it('is dead when nothing comes after the sleep either', async () => {
    const { live } = await stage.connected({}, { heartbeat_ms: 10_000 });
    jest.setSystemTime(Date.now() + 3_600_000);
    await jest.advanceTimersByTimeAsync(16_500);
    expect(live.state.status).not.toBe('connected');
  });
});

describe('the end', () => {
  it('closes the socket, says so once, and calls nobody after', async () => {
    const { live, states, messages, visit } = await stage.connected();
    live.close();
    live.close();
    visit.send(message('late', 'c1'));
    expect(await visit.closed).toBe(1000);
    await settled();
    expect(statuses(states)).toEqual(['connected', 'closed']);
    expect(live.state).toEqual({ status: 'closed', reason: 'closed' });
    expect(messages).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('comes while a token is asked for, while a socket opens, and while it waits', async () => {
    const asking = stage.client({
      token: () => new Promise<string>((resolve) => setTimeout(resolve, 100, 't')),
    });
    asking.live.close();
    await jest.advanceTimersByTimeAsync(200);
    expect(stage.server.visits).toHaveLength(0);

    const opening = stage.client();
    const visit = await stage.server.next();
    opening.live.close();
    await visit.closed;

    const waiting = stage.client();
    (await stage.server.next()).refuse();
    await waiting.reached('waiting');
    waiting.live.close();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(stage.server.visits).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is not undone by a token() that rejects after it', async () => {
    let refuse = (_error: Error) => undefined as void;
    const { live } = stage.client({ token: () => new Promise((_, reject) => (refuse = reject)) });
    live.close();
    refuse(new Error('no session'));
    await settled();
    expect(live.state.status).toBe('closed');
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each(['connected', 'waiting', 'connecting'] as const)('comes in a handler of %s', async (status) => {
    const token = jest.fn(() => 'token');
    const { live, states, reached } = stage.client({ token });
    live.on('state', (state) => state.status === status && live.close());
    const visit = (await stage.server.next()).connect();
    if (status !== 'connected') {
      await reached('connected');
      visit.drop();
    }
    if (status === 'connecting') await reached('waiting').then(() => jest.advanceTimersByTimeAsync(500));
    await reached('closed');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(states.at(-1)).toEqual({ status: 'closed', reason: 'closed' });
    expect(token).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('comes with an abort', async () => {
    const abort = new AbortController();
    const { live, visit } = await stage.connected({ signal: abort.signal });
    abort.abort();
    expect(live.state.status).toBe('closed');
    expect(await visit.closed).toBe(1000);
  });

  it('has come already with a signal that is aborted', async () => {
    const token = jest.fn(() => 'token');
    const { live } = stage.client({ signal: AbortSignal.abort(), token });
    await settled();
    expect(live.state).toEqual({ status: 'closed', reason: 'closed' });
    expect(token).not.toHaveBeenCalled();
    expect(stage.server.visits).toHaveLength(0);
  });

  it('leaves nothing on the signal', () => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const { live } = stage.client({ signal, WebSocket });
    live.close();
    expect((added.mock.calls[0]![2] as { signal: AbortSignal }).signal.aborted).toBe(true);
  });
});
