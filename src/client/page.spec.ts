/**
 * @jest-environment jsdom
 * @jest-environment-options {"customExportConditions": ["node"], "url": "https://chat.example/room"}
 */
import { LiveStage, message, settled, useFakeTime } from '../../test/support/live-stage';

let stage: LiveStage;
let isVisible = true;
beforeEach(async () => {
  useFakeTime();
  jest.spyOn(Math, 'random').mockReturnValue(0.5);
  isVisible = true;
  jest.spyOn(document, 'visibilityState', 'get').mockImplementation(() => (isVisible ? 'visible' : 'hidden'));
  stage = await LiveStage.set();
});
afterEach(async () => {
  await stage.clear();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

function show(visible: boolean): void {
  isVisible = visible;
  document.dispatchEvent(new Event('visibilitychange'));
}

const say = (name: string, more: object = {}) => window.dispatchEvent(Object.assign(new Event(name), more));
const believedOnline = (online: boolean) => jest.spyOn(navigator, 'onLine', 'get').mockReturnValue(online);

/** The browser's own class, as far as jsdom has it. */
const connected = (more: object = {}) => stage.connected({ WebSocket: undefined }, more);

describe('a page', () => {
  it('needs no option for its WebSocket, and closes it', async () => {
    const { live, visit, received } = await connected();
    visit.send(message('1'));
    await received('1');
    live.close();
    expect(await visit.closed).toBe(1000);
  });

  it('may name the endpoint without its origin', () => {
    const urls: string[] = [];
    class Spy {
      onmessage = null;
      onclose = null;
      onerror = null;
      constructor(url: string) {
        urls.push(url);
      }
      close(): void {}
    }
    const { live } = stage.client({ WebSocket: Spy, url: '/ws' });
    return settled().then(() => {
      live.close();
      expect(urls).toEqual(['wss://chat.example/ws?resume=']);
    });
  });

  it('that goes offline waits without any attempt until it is online', async () => {
    const { live, visit } = await connected();
    visit.send(message('1', 'c1'));
    await settled();
    say('offline');
    expect(live.state).toEqual({ status: 'waiting', reason: 'offline' });
    await visit.closed;
    await jest.advanceTimersByTimeAsync(600_000);
    expect(stage.server.visits).toHaveLength(1);
    say('online');
    expect(live.state.status).toBe('connecting');
    expect((await stage.server.next()).resume).toBe('c1');
  });

  it('that is shown while it is offline goes on waiting; where onLine says true, it tries', async () => {
    await connected();
    const online = believedOnline(false);
    say('offline');
    show(true);
    await settled();
    expect(stage.server.visits).toHaveLength(1);
    online.mockReturnValue(true);
    show(true);
    await stage.server.next();
  });

  it('that goes offline while it asks for a token does not connect with it', async () => {
    let give = (_token: string) => undefined as void;
    const token = jest.fn(() => new Promise<string>((resolve) => (give = resolve)));
    stage.client({ token });
    say('offline');
    give('token');
    await settled();
    expect(stage.server.visits).toHaveLength(0);
    say('online');
    await settled();
    expect(token).toHaveBeenCalledTimes(2);
  });

  it('does not wait when it is online again, or shown again', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const { reached } = stage.client();
    for (const wake of [() => say('online'), () => show(true)]) {
      (await stage.server.next()).refuse();
      await reached('waiting');
      wake();
      await reached('connecting');
    }
    await stage.server.next();
  });

  it('that is shown keeps a healthy connection, and an attempt under way', async () => {
    stage.client();
    const visit = await stage.server.next();
    show(true);
    say('online');
    visit.connect();
    await settled();
    await jest.advanceTimersByTimeAsync(30_000);
    for (let times = 0; times < 5; times += 1) {
      show(false);
      show(true);
      say('online');
    }
    await settled();
    expect(stage.server.visits).toHaveLength(1);
    expect(visit.isClosed).toBe(false);
  });

  it.each<[string, () => unknown]>([
    ['shown', () => show(true)],
    ['online', () => say('online')],
  ])('that is %s after a sleep replaces a connection that was silent for too long', async (_, wake) => {
    const { live, visit } = await connected({ heartbeat_ms: 10_000 });
    jest.setSystemTime(Date.now() + 16_000);
    wake();
    const next = await stage.server.next();
    expect(live.state.status).toBe('connected');
    next.connect();
    expect(await visit.closed).toBe(1000);
  });

  it('that is shown after a sleep replaces an attempt that hangs', async () => {
    stage.client();
    const visit = await stage.server.next();
    jest.setSystemTime(Date.now() + 16_000);
    show(true);
    await stage.server.next();
    expect(await visit.closed).toBe(1006);
  });

  it('that is hidden goes on waiting', async () => {
    const { live, reached } = stage.client();
    (await stage.server.next()).refuse();
    await reached('waiting');
    show(false);
    expect(live.state.status).toBe('waiting');
  });

  it('that is hidden keeps its connection', async () => {
    const { visit } = await connected();
    show(false);
    await jest.advanceTimersByTimeAsync(30_000);
    await settled();
    expect(visit.isClosed).toBe(false);
  });

  it('has no socket in the back-forward cache, and comes back with its cursor', async () => {
    const { live, visit } = await connected();
    visit.send(message('1', 'c1'));
    await settled();
    say('pagehide', { persisted: true });
    expect(await visit.closed).toBe(1000);
    expect(live.state).toEqual({ status: 'waiting', reason: 'hidden' });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(stage.server.visits).toHaveLength(1);
    say('pageshow', { persisted: true });
    show(true);
    expect((await stage.server.next()).resume).toBe('c1');
    await settled();
    expect(stage.server.visits).toHaveLength(2);
  });

  it('that is left for good, or comes for the first time, changes nothing', async () => {
    const { live, visit } = await connected();
    say('pageshow', { persisted: false });
    say('pagehide', { persisted: false });
    await settled();
    expect(live.state.status).toBe('connected');
    expect(visit.isClosed).toBe(false);
  });

  it('is not listened to after the end', async () => {
    const listened = [jest.spyOn(window, 'addEventListener'), jest.spyOn(document, 'addEventListener')];
    const { live, states } = await connected();
    live.close();
    const signals = listened.flatMap(({ mock }) =>
      mock.calls.map(([, , options]) => (options as AddEventListenerOptions).signal?.aborted),
    );
    expect(signals).toEqual([true, true, true, true, true]);
    for (const name of ['offline', 'online']) say(name);
    for (const name of ['pagehide', 'pageshow']) say(name, { persisted: true });
    show(true);
    await settled();
    expect(live.state.status).toBe('closed');
    expect(states).toHaveLength(2);
    expect(stage.server.visits).toHaveLength(1);
  });
});
