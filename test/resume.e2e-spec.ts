import { IsInt, IsString } from 'class-validator';
import { LiveEvent, MemoryEventLog, toEveryone, toTopic, toUsers, topic } from 'nestjs-live-messages';
import { TestClient, connect, open } from './support/client';
import { HeldAnswers } from './support/held-answers';
import { HostSetup } from './support/host';
import { nextFrame, resume } from './support/resumable';
import { messageRow } from './support/rows';
import { seen } from './support/seen';
import { tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

const general = topic('CHANNEL', 'general');
const random = topic('CHANNEL', 'random');

@LiveEvent('REACTION')
class Reaction {
  @IsString() emoji = '👍';
}

@LiveEvent('CURSOR_MOVED', { durable: false })
class CursorMoved {
  @IsInt() x = 1;
}

let host: WatchedHost;

async function start(setup: HostSetup = {}): Promise<WatchedHost> {
  host = await startWatchedHost({
    ...setup,
    options: { events: [Reaction, CursorMoved], ...setup.options },
  });
  for (const user of ['ann', 'bob']) host.source.put(user, general);
  return host;
}

const say = (content: string, overrides = {}) =>
  host.live.message(messageRow('general', { content, ...overrides }));

/** Drops a connection without a word, and waits until the server has noticed. */
async function drop(client: TestClient): Promise<void> {
  client.socket.terminate();
  await client.closed;
  while (host.registry.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** What a user who comes back gets after `CONNECTED`, as contents and types. */
async function replayOf(userId: string, cursor: string): Promise<string[]> {
  const { client, connected } = await resume(host, userId, cursor);
  expect(connected).toMatchObject({ message_type: 'CONNECTED', cursor, resumed: true });
  const contents = await seen(host, userId, client);
  await drop(client);
  return contents;
}

/** Why a user who comes back has to fetch; nothing but what is emitted later may follow. */
async function resyncOf(userId: string, cursor: string): Promise<string> {
  const { client, connected } = await resume(host, userId, cursor);
  expect(connected).toMatchObject({ message_type: 'CONNECTED', resumed: false });
  const resync = await nextFrame(client);
  expect(Object.keys(resync)).toEqual(['message_type', 'cursor', 'reason', 'spread_ms']);
  expect(resync).toMatchObject({ message_type: 'RESYNC', cursor: connected.cursor });
  expect(await seen(host, userId, client)).toEqual([]);
  await drop(client);
  return resync.reason as string;
}

afterEach(() => host.close());

describe('a resumable connection', () => {
  it('begins with CONNECTED, its keys in their order, and no greeting', async () => {
    await start();
    const client = open(host.url, tokenOf('ann'), { query: 'resume' });
    const text = await client.next();
    expect(text).toMatch(
      /^\{"message_type":"CONNECTED","cursor":"\d+-\d+","resumed":false,"heartbeat_ms":25000\}$/,
    );
  });

  it('gets each durable event with a cursor as the last key, and a plain one beside it the spec’s bytes', async () => {
    await start();
    const plain = await connect(host.url, tokenOf('bob'));
    const { client, connected } = await resume(host, 'ann');
    const { cursor } = await say('hello');
    const text = await plain.next();
    expect(Object.keys(JSON.parse(text) as object)).toHaveLength(9);
    expect(await client.next()).toBe(`${text.slice(0, -1)},"cursor":"${cursor}"}`);
    expect(cursor).not.toBe(connected.cursor);
    const own = await host.live.emit(new Reaction(), { to: toEveryone() });
    const expected = { message_type: 'REACTION', emoji: '👍', cursor: own.cursor };
    expect(await client.next()).toBe(JSON.stringify(expected));
    expect(await plain.next()).toBe('{"message_type":"REACTION","emoji":"👍"}');
  });

  it('gets what is not durable without a cursor', async () => {
    await start();
    const { client } = await resume(host, 'ann');
    await host.live.emit(new CursorMoved(), { to: toEveryone() });
    await host.live.typing({ recipient_type: 'CHANNEL', reference_id: 'general', user_id: 'bob' });
    await host.live.updateStatus();
    for (const type of ['CURSOR_MOVED', 'TYPING', 'UPDATE_STATUS']) {
      const frame = await client.nextEvent();
      expect(frame).toMatchObject({ message_type: type });
      expect(frame).not.toHaveProperty('cursor');
    }
  });

  it('is told its place again and again, moved on by what was not for it', async () => {
    await start({ options: { heartbeat: { intervalMs: 30, timeoutMs: 5_000 } } });
    const { client, connected } = await resume(host, 'ann');
    expect(connected.heartbeat_ms).toBe(30);
    expect(await nextFrame(client)).toEqual({ message_type: 'HEARTBEAT', cursor: connected.cursor });
    const { cursor } = await host.live.message(messageRow('random'));
    let frame = await nextFrame(client);
    while (frame.cursor === connected.cursor) frame = await nextFrame(client);
    expect(frame).toEqual({ message_type: 'HEARTBEAT', cursor });
  });

  it('has its place held back while its memberships are asked for', async () => {
    await start({ options: { heartbeat: { intervalMs: 30, timeoutMs: 5_000 } } });
    const { client } = await resume(host, 'ann');
    const answers = HeldAnswers.of(host.source, 'ann');
    const { cursor: before } = await host.memberships.changed('ann');
    const call = await answers.next();
    const { cursor } = await say('while asked');
    for (let beats = 0; beats < 3; beats += 1) {
      const frame = await nextFrame(client);
      expect(frame.message_type).toBe('HEARTBEAT');
      if (beats > 0) expect(frame.cursor).toBe(before);
    }
    call.answer([general]);
    let frame = await nextFrame(client);
    while (frame.message_type === 'HEARTBEAT') frame = await nextFrame(client);
    expect(frame).toMatchObject({ content: 'while asked', cursor });
  });
});

describe('a client that comes back', () => {
  it('gets what it missed, in order, once, and then what comes', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await say('1');
    expect((await nextFrame(client)).content).toBe('1');
    await drop(client);
    for (const content of ['2', '3', '4']) await say(content);
    expect(await replayOf('ann', connected.cursor)).toEqual(['1', '2', '3', '4']);
  });

  it('without an event ever seen, from the cursor of CONNECTED or of a HEARTBEAT', async () => {
    await start({ options: { heartbeat: { intervalMs: 30, timeoutMs: 5_000 } } });
    const { client } = await resume(host, 'ann');
    const { cursor } = await nextFrame(client);
    await drop(client);
    await say('missed');
    const { client: back } = await resume(host, 'ann', cursor);
    expect(await nextFrame(back)).toMatchObject({ content: 'missed' });
  });

  it('before the server has noticed that it was gone', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    client.socket.pause();
    await say('missed');
    const { client: back } = await resume(host, 'ann', connected.cursor);
    expect(await nextFrame(back)).toMatchObject({ content: 'missed' });
    client.socket.terminate();
  });

  it('in the midst of its replay comes back with the place before it', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    await say('1');
    const { client: again, connected: second } = await resume(host, 'ann', connected.cursor);
    expect(second.cursor).toBe(connected.cursor);
    await drop(again);
    expect(await replayOf('ann', second.cursor)).toEqual(['1']);
  });

  it('gets nothing of topics it is not in, of others, or that it is excepted from', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    await host.live.message(messageRow('random', { content: 'elsewhere' }));
    await say('for bob', {});
    await host.live.message(messageRow('general', { content: 'not for ann' }), {
      to: toTopic('CHANNEL', 'general').except(['ann']),
    });
    await host.live.message(messageRow('x', { content: 'bob only' }), { to: toUsers(['bob']) });
    await host.live.message(messageRow('x', { content: 'ann only' }), { to: toUsers(['ann']) });
    await host.live.message(messageRow('ann', { recipient_type: 'USER', content: 'direct', user_id: 'bob' }));
    const many = Array.from({ length: 100 }, (_, index) => `user-${index}`);
    await host.live.message(messageRow('x', { content: 'many' }), { to: toUsers([...many, 'ann']) });
    await host.live.message(messageRow('x', { content: 'many others' }), { to: toUsers(many) });
    expect(await replayOf('ann', connected.cursor)).toEqual(['for bob', 'ann only', 'direct', 'many']);
  });

  it('with another user’s cursor gets its own events', async () => {
    await start();
    const { client, connected } = await resume(host, 'bob');
    await drop(client);
    await host.live.message(messageRow('x', { content: 'for bob' }), { to: toUsers(['bob']) });
    await say('for all');
    expect(await replayOf('ann', connected.cursor)).toEqual(['for all']);
  });

  it('gets nothing that lies between a left and a later joined', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    await say('before');
    await host.memberships.left('ann', general);
    await say('between');
    await host.memberships.joined('ann', general);
    await say('after');
    expect(await replayOf('ann', connected.cursor)).toEqual(['before', 'after']);
  });

  it('goes by today’s topics: what he has joined since reaches back, what he has left is gone', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    await say('left since');
    await host.live.message(messageRow('random', { content: 'joined since' }));
    host.source.put('ann', random);
    expect(await replayOf('ann', connected.cursor)).toEqual(['joined since']);
  });

  it('after a kick gets what it missed, with a token that still counts', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await host.live.disconnect({ userId: 'ann' });
    expect(await client.closed).toEqual({ code: 3000, reason: 'disconnected' });
    await say('missed');
    expect(await replayOf('ann', connected.cursor)).toEqual(['missed']);
  });

  it('is not let in when it is kicked on its way', async () => {
    await start();
    const answers = HeldAnswers.of(host.source, 'ann');
    const client = open(host.url, tokenOf('ann'), { query: 'resume=1-1' });
    const call = await answers.next();
    await host.live.disconnect({ userId: 'ann' });
    expect(await client.closed).toEqual({ code: 3000, reason: 'disconnected' });
    expect(client.frames).toEqual([]);
    call.answer([general]);
  });

  it('with a cursor that is ahead of its node waits for it, and gets nothing twice', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    const accepted = [say('1'), say('2')];
    const { cursor } = await accepted[1]!;
    const { client: back, connected: ahead } = await resume(host, 'ann', cursor);
    expect(ahead).toMatchObject({ cursor, resumed: true });
    await say('3');
    expect(await nextFrame(back)).toMatchObject({ content: '3' });
    expect(connected.cursor).not.toBe(cursor);
  });
});

describe('a replay', () => {
  it('is compacted after it was filtered, per topic and message', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    const row = (id: string, content: string) => messageRow('general', { id, content });
    await host.live.message(row('kept', 'kept'));
    await host.live.message(row('edited', 'first'));
    await host.live.messageEdited(row('edited', 'edit 1'));
    await host.live.messageEdited(row('edited', 'edit 2'));
    await host.live.message(row('deleted', 'to be deleted'));
    await host.live.messageEdited(row('deleted', 'edited in vain'));
    await host.live.messageDeleted(row('deleted', 'deletion'));
    // Not for ann: it must not stand for the edit that she may see.
    await host.live.messageEdited(row('edited', 'edit for bob'), { to: toUsers(['bob']) });
    await host.live.message(messageRow('random', { id: 'kept', content: 'same id, other topic' }), {
      to: toUsers(['ann']),
    });
    expect(await replayOf('ann', connected.cursor)).toEqual([
      'kept',
      'first',
      'edit 2',
      'deletion',
      'same id, other topic',
    ]);
  });

  it('is every event when compaction is off', async () => {
    await start({ options: { history: { compact: false } } });
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    const row = (content: string) => messageRow('general', { id: 'one', content });
    await host.live.message(row('1'));
    await host.live.messageEdited(row('2'));
    await host.live.messageEdited(row('3'));
    await host.live.messageDeleted(row('4'));
    expect(await replayOf('ann', connected.cursor)).toEqual(['1', '2', '3', '4']);
  });

  it('has each refresh at most once, and no typing', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    await host.live.updateUsers();
    await host.live.updateStatus();
    await host.live.updateUsers();
    await host.live.typing({ recipient_type: 'CHANNEL', reference_id: 'general', user_id: 'bob' });
    await say('last');
    const contents = await replayOf('ann', connected.cursor);
    expect(contents.toSorted()).toEqual(['UPDATE_STATUS', 'last']);
  });

  it('brings again a refresh whose spread had not ended at the client’s place', async () => {
    await start({ options: { refresh: { perSecond: 1 } } });
    // The first of two takes the budget: the second waits for a second.
    const first = await resume(host, 'bob');
    const { client } = await resume(host, 'ann');
    await host.live.updateStatus();
    await say('after');
    const frames = [await nextFrame(client)];
    while (frames.at(-1)!.content !== 'after') frames.push(await nextFrame(client));
    expect(frames.map(({ message_type }) => message_type)).toEqual(['MESSAGE']);
    first.client.socket.terminate();
    await drop(client);
    const { client: back } = await resume(host, 'ann', frames.at(-1)!.cursor);
    expect(await nextFrame(back)).toEqual({ message_type: 'UPDATE_STATUS' });
  });
});

describe('RESYNC', () => {
  it.each(['x', '1', '-', '1-', 'a'.repeat(65), '1-2-3', '٣-٣', '9'.repeat(20), ' 1-1', '<script>'])(
    'CURSOR_UNKNOWN for %p',
    async (cursor) => {
      await start();
      expect(await resyncOf('ann', cursor)).toBe('CURSOR_UNKNOWN');
    },
  );

  it('CURSOR_UNKNOWN for two cursors', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    const twice = open(host.url, tokenOf('ann'), {
      query: `resume=${connected.cursor}&resume=${connected.cursor}`,
    });
    expect(await nextFrame(twice)).toMatchObject({ resumed: false });
    expect(await nextFrame(twice)).toMatchObject({ reason: 'CURSOR_UNKNOWN' });
  });

  it('CURSOR_UNKNOWN for one that the log never gave', async () => {
    await start();
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    const [epoch, seq] = connected.cursor.split('-');
    const beyond = `${epoch}-${Number(seq) + 5}`;
    const { client: back, connected: ahead } = await resume(host, 'ann', beyond);
    expect(ahead).toMatchObject({ cursor: beyond, resumed: true });
    expect(await nextFrame(back)).toMatchObject({ reason: 'CURSOR_UNKNOWN', cursor: connected.cursor });
    await say('live');
    expect(await nextFrame(back)).toMatchObject({ content: 'live' });
    await drop(back);
    const { client: again } = await resume(host, 'ann', `${Number(epoch) + 1}-1`);
    expect(await nextFrame(again)).toMatchObject({ reason: 'CURSOR_UNKNOWN' });
  });

  it('HISTORY_LOST for a cursor of a process that is gone', async () => {
    await start();
    expect(await resyncOf('ann', '1500000000000-12')).toBe('HISTORY_LOST');
  });

  it('CURSOR_TOO_OLD when the window could not hold what was missed: by bytes', async () => {
    await start({ options: { history: { maxBytes: 1_048_576 } } });
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    for (let count = 0; count < 12; count += 1) await say('x'.repeat(60_000));
    expect(await resyncOf('ann', connected.cursor)).toBe('CURSOR_TOO_OLD');
  });

  it('CURSOR_TOO_OLD when the window could not hold what was missed: by time', async () => {
    await start({ options: { history: { maxMs: 10_000 } } });
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    await say('missed');
    const now = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 11_000);
    await say('later');
    clock.mockRestore();
    expect(await resyncOf('ann', connected.cursor)).toBe('CURSOR_TOO_OLD');
  });

  it('CURSOR_TOO_OLD without history, unless nothing was missed', async () => {
    await start({ options: { history: false } });
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    const again = await resume(host, 'ann', connected.cursor);
    expect(again.connected.resumed).toBe(true);
    await drop(again.client);
    await say('missed');
    expect(await resyncOf('ann', connected.cursor)).toBe('CURSOR_TOO_OLD');
  });

  it('REPLAY_TOO_LONG past half of what a connection may be behind, after compaction', async () => {
    await start({ options: { slowConsumer: { maxBytes: 10_000 } } });
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    const row = messageRow('general', { id: 'one', content: 'x'.repeat(1_000) });
    for (let count = 0; count < 10; count += 1) await host.live.messageEdited(row);
    expect(await replayOf('ann', connected.cursor)).toHaveLength(1);
    for (let count = 0; count < 5; count += 1) await say('x'.repeat(1_000));
    expect(await resyncOf('ann', connected.cursor)).toBe('REPLAY_TOO_LONG');
  });

  it('is spread by what the host’s API can bear', async () => {
    await start({ options: { refresh: { perSecond: 10 } } });
    const spreads: number[] = [];
    for (let count = 0; count < 5; count += 1) {
      const { client } = await resume(host, 'ann', 'x');
      spreads.push((await nextFrame(client)).spread_ms as number);
    }
    expect(spreads).toEqual(spreads.toSorted((a, b) => a - b));
    expect(spreads[0]).toBeLessThanOrEqual(100);
    expect(spreads[4]).toBeGreaterThan(100);
  });
});

describe('two nodes on one log', () => {
  let log: MemoryEventLog;
  let other: WatchedHost;

  beforeEach(async () => {
    log = new MemoryEventLog();
    await start({ options: { log } });
  });
  afterEach(() => other.close());

  async function startOther(): Promise<void> {
    other = await startWatchedHost({ options: { log } });
    other.source.put('ann', general);
  }

  it('a cursor of one counts at the other', async () => {
    await startOther();
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    await say('from one');
    const { client: back, connected: there } = await resume(other, 'ann', connected.cursor);
    expect(there.resumed).toBe(true);
    expect(await nextFrame(back)).toMatchObject({ content: 'from one' });
  });

  it('a node that starts later has the past, too', async () => {
    const { client, connected } = await resume(host, 'ann');
    await drop(client);
    for (let count = 0; count < 2_500; count += 1) void host.live.message(messageRow('random'));
    await say('before it began');
    await startOther();
    await say('after');
    const { client: back, connected: there } = await resume(other, 'ann', connected.cursor);
    expect(there.resumed).toBe(true);
    expect((await nextFrame(back)).content).toBe('before it began');
    expect((await nextFrame(back)).content).toBe('after');
  });

  it('a node that starts later knows who has left, whatever the host still answers, and what was revoked', async () => {
    await host.memberships.left('ann', general);
    await host.live.disconnect({ tokenId: 'stolen' });
    await startOther();
    const { client } = await resume(other, 'ann');
    await say('not for ann');
    expect(await seen(other, 'ann', client)).toEqual([]);
    const revoked = open(other.url, tokenOf('ann', { jti: 'stolen' }));
    expect(await revoked.closed).toEqual({ code: 3000, reason: 'token revoked' });
  });
});
