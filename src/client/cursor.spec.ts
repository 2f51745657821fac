import { LiveStage, message, settled, until, useFakeTime } from '../../test/support/live-stage';
import type { ResyncRequest } from './index.ts';

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

const resync = (cursor: string, more: object = {}) => ({
  message_type: 'RESYNC',
  cursor,
  reason: 'CURSOR_TOO_OLD',
  spread_ms: 0,
  ...more,
});
const heartbeat = (cursor: string) => ({ message_type: 'HEARTBEAT', cursor });

/** A fetch that ends when the test says so. */
class Fetches {
  readonly requests: ResyncRequest[] = [];
  readonly ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  readonly handler = (request: ResyncRequest) =>
    new Promise<void>((resolve, reject) => {
      this.requests.push(request);
      this.ends.push({ resolve, reject });
    });

  async begun(count: number): Promise<void> {
    while (this.requests.length < count) {
      await jest.advanceTimersByTimeAsync(100);
      await settled();
    }
  }

  async end(index: number): Promise<void> {
    this.ends[index]!.resolve();
    await settled();
  }
}

/** A client that has come to `c1`, with a fetch under way that a RESYNC at `r1` asked for. */
async function fetching() {
  const fetches = new Fetches();
  const client = await stage.connected();
  client.live.on('resync', fetches.handler);
  client.visit.send(message('1', 'c1'), resync('r1'), message('2', 'c2'));
  await client.received('1', '2');
  await fetches.begun(1);
  return { ...client, fetches };
}

async function resumesFrom(visit: { drop(): void }): Promise<string | null> {
  visit.drop();
  return (await stage.comesBack()).resume;
}

describe('what comes', () => {
  it('reaches the handlers of its name, whatever the name', async () => {
    const { live, visit } = await stage.connected();
    const seen: unknown[] = [];
    live.on('REACTION', (event) => seen.push(event));
    live.on('TYPING', (event) => seen.push(event));
    live.on('toString' as 'TYPING', (event) => seen.push(event));
    visit.send({ message_type: 'REACTION', emoji: '!' }, { message_type: 'NOBODY_KNOWS' });
    visit.send({ message_type: 'TYPING', user_id: 'ann' }, { message_type: 'toString' });
    await until(() => seen.length === 3);
    expect(seen).toEqual([
      { message_type: 'REACTION', emoji: '!' },
      { message_type: 'TYPING', user_id: 'ann' },
      { message_type: 'toString' },
    ]);
  });

  it('is ignored when it is no event', async () => {
    const { live, visit, messages, states, received } = await stage.connected();
    const called = jest.fn();
    live.on('resync', called);
    for (const text of [
      '',
      '{',
      'null',
      '7',
      '"text"',
      '[]',
      '{}',
      '{"message_type":7}',
      '[{"message_type":1}]',
    ]) {
      visit.sendText(text);
    }
    visit.sendText(Buffer.from([1, 2, 3]));
    visit.send({ message_type: 'state', status: 'closed' }, { message_type: 'resync' }, message('1', 'c1'));
    await received('1');
    expect(messages).toEqual(['1']);
    expect(states).toEqual([{ status: 'connected' }]);
    expect(called).not.toHaveBeenCalled();
  });

  it('reaches every handler though one throws or rejects, which is reported, and counts as handled', async () => {
    const report = jest.spyOn(console, 'error').mockReturnValue();
    const { live, visit, received, messages } = await stage.connected();
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    const after = jest.fn();
    live.on('EDIT_MESSAGE', () => {
      throw thrown;
    });
    live.on('EDIT_MESSAGE', () => Promise.reject(rejected));
    live.on('EDIT_MESSAGE', after);
    visit.send({ message_type: 'EDIT_MESSAGE', cursor: 'edit' }, message('1'));
    await received('1');
    await settled();
    expect(after).toHaveBeenCalledTimes(1);
    expect(report.mock.calls).toEqual(expect.arrayContaining([[thrown], [rejected]]));
    expect(await resumesFrom(visit)).toBe('edit');
    expect(messages).toEqual(['1']);
  });

  it('does not reach a handler that has ended, nor one that is ended by another', async () => {
    const { live, visit, received } = await stage.connected();
    const called: string[] = [];
    const own = () => called.push('twice');
    live.on('MESSAGE', own)();
    live.on('MESSAGE', own);
    const end = live.on('MESSAGE', () => {
      called.push('first');
      end();
      endSecond();
    });
    const endSecond = live.on('MESSAGE', () => called.push('second'));
    visit.send(message('1'), message('2'));
    await received('2');
    await settled();
    expect(called).toEqual(['twice', 'first', 'twice']);
  });

  it('reaches nobody after a close in a handler', async () => {
    const { live, visit, messages } = await stage.connected();
    const after = jest.fn();
    live.on('MESSAGE', () => live.close());
    live.on('MESSAGE', after);
    visit.send(message('1', 'c1'), message('2', 'c2'));
    await visit.closed;
    expect(messages).toEqual(['1']);
    expect(after).not.toHaveBeenCalled();
  });

  it('comes once, by its cursor; without one each time', async () => {
    const { visit, messages, received } = await stage.connected();
    visit.send(message('1', 'c1'), message('2', 'c2'), message('1', 'c1'), message('slot'), message('slot'));
    visit.drop();
    const next = (await stage.comesBack()).connect('c1');
    next.send(message('2', 'c2'), message('3', 'c3'));
    await received('3');
    expect(messages).toEqual(['1', '2', 'slot', 'slot', '3']);
  });

  it('is remembered for 2,048 events, and no longer', async () => {
    const { visit, messages, received } = await stage.connected();
    const events = Array.from({ length: 2_049 }, (_, index) => message(`${index}`, `c${index}`));
    visit.send(...events, message('again 1', 'c1'), message('again 0', 'c0'), message('end'));
    await received('end');
    expect(messages.slice(2_049)).toEqual(['again 0', 'end']);
  });
});

describe('the cursor', () => {
  it.each([
    ['of CONNECTED', [], 'start'],
    ['of an event', [message('1', 'c1')], 'c1'],
    ['of a heartbeat', [message('1', 'c1'), heartbeat('h2')], 'h2'],
    ['before what has none', [message('1', 'c1'), message('2')], 'c1'],
    ['before what is no text', [message('1', 'c1'), { message_type: 'MESSAGE', id: '2', cursor: 7 }], 'c1'],
  ])('is the one %s', async (_, frames, cursor) => {
    const { visit } = await stage.connected();
    visit.send(...frames);
    await settled();
    expect(await resumesFrom(visit)).toBe(cursor);
  });

  it('stays before a gap until the fetch is done, though events go on', async () => {
    const { visit, fetches, messages } = await fetching();
    expect(messages).toEqual(['1', '2']);
    expect(fetches.requests[0]).toMatchObject({ reason: 'CURSOR_TOO_OLD' });
    expect(await resumesFrom(visit)).toBe('c1');
  });

  it('is the latest once the fetch is done', async () => {
    const { visit, fetches } = await fetching();
    await fetches.end(0);
    expect(await resumesFrom(visit)).toBe('c2');
  });

  it('moves when the fetch ends while the connection is down', async () => {
    const { visit, fetches, reached } = await fetching();
    visit.drop();
    await reached('waiting');
    await fetches.end(0);
    expect((await stage.comesBack()).resume).toBe('c2');
  });

  it('moves when the fetch ends on a later connection that resumed from before the gap', async () => {
    const { visit, fetches, received, messages } = await fetching();
    visit.drop();
    const second = (await stage.comesBack()).connect('c1').send(message('2', 'c2'), message('3', 'c3'));
    await received('3');
    expect(messages).toEqual(['1', '2', '3']);
    await fetches.end(0);
    expect(await resumesFrom(second)).toBe('c3');
  });

  it('waits for the latest of several fetches', async () => {
    const { visit, fetches } = await fetching();
    visit.send(resync('r2', { reason: 'EVENT_REFUSED' }));
    await fetches.begun(2);
    expect(fetches.requests.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    await fetches.end(0);
    visit.drop();
    const second = await stage.comesBack();
    expect(second.resume).toBe('c1');
    await fetches.end(1);
    second.connect('c1');
    await settled();
    expect(await resumesFrom(second)).toBe('c1');
  });

  it('does not take a fetch of before a second gap for one of after it', async () => {
    const { visit, fetches } = await fetching();
    visit.drop();
    const second = (await stage.comesBack()).connect('new', { resumed: false });
    await settled();
    await fetches.end(0);
    expect(await resumesFrom(second)).toBe('c1');
  });

  it('stays when the connection drops between resumed: false and RESYNC', async () => {
    const { visit, reached } = await stage.connected();
    visit.send(message('1', 'c1'));
    await settled();
    visit.drop();
    const second = (await stage.comesBack()).connect('new', { resumed: false });
    await reached('connected');
    expect(await resumesFrom(second)).toBe('c1');
  });

  it('begins at once where there was none', async () => {
    const { reached } = stage.client();
    const first = (await stage.server.next()).connect('first', { resumed: false });
    await reached('connected');
    expect(await resumesFrom(first)).toBe('first');
  });
});

describe('a fetch', () => {
  it('waits a random part of the spread, half of it at least', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const { live, visit } = await stage.connected();
    const handler = jest.fn();
    live.on('resync', handler);
    visit.send(resync('r', { spread_ms: 4_000 }));
    await settled();
    await jest.advanceTimersByTimeAsync(2_990);
    expect(handler).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(20);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('that is aborted may fail without a word', async () => {
    const reported = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const { live, visit } = await stage.connected();
    live.on(
      'resync',
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    );
    visit.send(resync('r'));
    await settled();
    await jest.advanceTimersByTimeAsync(10);
    live.close();
    await settled();
    expect(reported).not.toHaveBeenCalled();
  });

  it('that fails is asked for again, later and later, and only of those that failed', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const report = jest.spyOn(console, 'error').mockReturnValue();
    const { live, visit } = await stage.connected();
    const times: number[] = [];
    const [well, gone] = [jest.fn(), jest.fn(() => Promise.reject(new Error('gone')))];
    live.on('resync', well);
    const end = live.on('resync', gone);
    live.on('resync', () => {
      times.push(Date.now());
      if (times.length < 4) throw new Error('no network');
    });
    visit.send(message('1', 'c1'), resync('r1'));
    await settled();
    await jest.advanceTimersByTimeAsync(0);
    end();
    visit.send(heartbeat('h1'));
    await settled();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(times.slice(1).map((time, index) => time - times[index]!)).toEqual([500, 1_000, 2_000]);
    expect(well).toHaveBeenCalledTimes(1);
    expect(gone).toHaveBeenCalledTimes(1);
    expect(report).toHaveBeenCalledTimes(4);
    expect(await resumesFrom(visit)).toBe('h1');
  });

  it('is over at once where nobody fetches, which is said once', async () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    const { visit } = await stage.connected();
    visit.send(resync('r1'));
    await settled();
    await jest.advanceTimersByTimeAsync(0);
    visit.send(resync('r2'));
    await settled();
    await jest.advanceTimersByTimeAsync(0);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(await resumesFrom(visit)).toBe('r2');
  });

  it('is aborted, and not asked for again, when the client is closed', async () => {
    jest.spyOn(console, 'error').mockReturnValue();
    const { live, fetches } = await fetching();
    live.close();
    expect(fetches.requests[0]!.signal.aborted).toBe(true);
    fetches.ends[0]!.reject(new Error('aborted'));
    await settled();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(fetches.requests).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a server without cursors', () => {
  it('is understood: its greeting connects, its events arrive', async () => {
    const { live, reached, received } = stage.client();
    const resynced = jest.fn();
    live.on('resync', resynced);
    const visit = (await stage.server.next()).greet();
    await reached('connected');
    visit.send(message('1'));
    await received('1');
    await jest.advanceTimersByTimeAsync(120_000);
    expect(live.state.status).toBe('connected');
    expect(resynced).not.toHaveBeenCalled();
  });

  it('is understood though it does not greet', async () => {
    const { reached, received } = stage.client();
    (await stage.server.next()).accept().send(message('1'));
    await reached('connected');
    await received('1');
  });

  it('has the app fetch after each drop, and where the app came with a cursor', async () => {
    const { live, reached } = stage.client({ resume: 'from-rest' });
    const resynced = jest.fn();
    live.on('resync', resynced);
    for (let times = 1; times <= 3; times += 1) {
      const visit = times === 1 ? await stage.server.next() : await stage.comesBack();
      expect(visit.resume).toBe('from-rest');
      visit.greet();
      await reached('connected');
      await jest.advanceTimersByTimeAsync(0);
      expect(resynced).toHaveBeenCalledTimes(times);
      visit.drop();
      await reached('waiting');
    }
  });

  it('has the app fetch when the next server has cursors', async () => {
    const { live, reached } = stage.client();
    const resynced = jest.fn();
    live.on('resync', resynced);
    (await stage.server.next()).greet();
    await reached('connected');
    stage.server.visits[0]!.drop();
    (await stage.comesBack()).connect('first');
    await reached('connected');
    await jest.advanceTimersByTimeAsync(0);
    expect(resynced).toHaveBeenCalledTimes(1);
  });
});
