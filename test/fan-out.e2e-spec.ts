import { once } from 'node:events';
import { IsString } from 'class-validator';
import { LiveEvent, toEveryone, toTopic, toUsers, topic } from 'nestjs-live-messages';
import { TestClient, connect } from './support/client';
import { HostSetup } from './support/host';
import { messageRow } from './support/rows';
import { seen, seenBy } from './support/seen';
import { selfSigned } from './support/self-signed';
import { tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

const BIG_EVENTS = { contentBytes: 1_048_576, eventBytes: 2_097_152 };
const general = topic('CHANNEL', 'general');

@LiveEvent('NOTE')
class Note {
  @IsString()
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

let host: WatchedHost;

async function start(setup: HostSetup = {}): Promise<WatchedHost> {
  host = await startWatchedHost(setup);
  return host;
}

function join(userId: string): Promise<TestClient> {
  return connect(host.url, tokenOf(userId), { rejectUnauthorized: false });
}

/** Emits to a channel, and does not wait. */
function say(content: string, channel = 'general', author = 'author'): void {
  void host.live.message(messageRow(channel, { content, user_id: author }));
}

function contentsOf(frames: readonly string[]): unknown[] {
  return frames.map((frame) => (JSON.parse(frame) as { content?: unknown }).content);
}

afterEach(() => host.close());

describe('order', () => {
  it('is one for all connections, whatever topics they are in', async () => {
    await start();
    const channels = ['a', 'b', 'c'];
    const topicsOf = (user: number) => channels.filter((_, index) => (user + 1) & (1 << index));
    const clients: TestClient[] = [];
    for (let user = 0; user < 7; user += 1) {
      host.source.put(`user ${user}`, ...topicsOf(user).map((id) => topic('CHANNEL', id)));
      for (let device = 0; device < 3; device += 1) clients.push(await join(`user ${user}`));
    }
    const emitted: { channel: string; content: string }[] = [];
    const emitters = [0, 1, 2, 3].map(async (emitter) => {
      for (let count = 0; count < 40; count += 1) {
        const channel = channels[(count + emitter) % 3]!;
        emitted.push({ channel, content: `${emitter}: ${count}` });
        const accepted = host.live.message(messageRow(channel, { content: emitted.at(-1)!.content }));
        if (count % (emitter + 1) === 0) await accepted;
      }
    });
    await Promise.all(emitters);
    await host.live.message(messageRow('end', { content: 'end' }), { to: toEveryone() });
    for (const [index, client] of clients.entries()) {
      const channelsOfThisUser = topicsOf(Math.floor(index / 3));
      const own = emitted.filter(({ channel }) => channelsOfThisUser.includes(channel));
      const expected = [...own.map(({ content }) => content), 'end'];
      expect(contentsOf(await client.take(expected.length))).toEqual(expected);
    }
  });

  it('is kept between events of all kinds of audience', async () => {
    await start({ options: { events: [Note] } });
    host.source.put('ann', general);
    const ann = await join('ann');
    say('1');
    void host.live.emit(new Note('2'), { to: toUsers(['ann']) });
    void host.live.messageEdited(messageRow('ann', { recipient_type: 'USER', content: '3' }));
    void host.live.emit(new Note('4'), { to: toEveryone() });
    void host.live.messageDeleted(messageRow('general', { content: '5' }));
    void host.live.emit(new Note('6'), { to: toTopic('CHANNEL', 'general') });
    const events = (await ann.take(6)).map((frame) => JSON.parse(frame) as Record<string, unknown>);
    expect(events.map((event) => event.content ?? event.text)).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('is whole for a burst at 200 connections', async () => {
    await start();
    const users = Array.from({ length: 200 }, (_, index) => `user ${index}`);
    for (const user of users) host.source.put(user, general);
    const clients = await Promise.all(users.map((user) => join(user)));
    const expected = Array.from({ length: 250 }, (_, index) => `message ${index}`);
    for (const content of expected) say(content);
    for (const client of clients) expect(contentsOf(await client.take(250))).toEqual(expected);
    say('end');
    for (const client of clients) expect(await client.nextEvent()).toMatchObject({ content: 'end' });
  });

  it('reaches those who are excepted with nothing, and everyone else once', async () => {
    await start();
    for (const user of ['ann', 'bob', 'cid']) host.source.put(user, general);
    const [ann, bob, cid] = [await join('ann'), await join('bob'), await join('cid')];
    const row = messageRow('general', { content: 'not to bob' });
    void host.live.message(row, { to: toTopic('CHANNEL', 'general').except(['bob']) });
    void host.live.message(messageRow('x', { content: 'twice named' }), { to: toUsers(['ann', 'ann']) });
    expect(await seen(host, 'ann', ann)).toEqual(['not to bob', 'twice named']);
    expect(await seen(host, 'bob', bob)).toEqual([]);
    expect(await seen(host, 'cid', cid)).toEqual(['not to bob']);
  });

  it('brings an event of a USER topic to the devices of that user and of its author, once to each', async () => {
    await start();
    const [ann, annToo, bob] = [await join('ann'), await join('ann'), await join('bob')];
    void host.live.message(
      messageRow('bob', { recipient_type: 'USER', user_id: 'ann', content: 'from ann to bob' }),
    );
    void host.live.message(
      messageRow('ann', { recipient_type: 'USER', user_id: 'ann', content: 'a note to self' }),
    );
    expect(await seenBy(host, 'ann', ann, annToo)).toEqual([
      ['from ann to bob', 'a note to self'],
      ['from ann to bob', 'a note to self'],
    ]);
    expect(await seen(host, 'bob', bob)).toEqual(['from ann to bob']);
  });
});

describe.each([
  ['ws', undefined],
  ['wss', selfSigned()],
])('frames over %s', (_, https) => {
  // `{"message_type":"NOTE","text":""}` is 33 bytes.
  const sizes = [33, 34, 124, 125, 126, 127, 128, 4_096, 65_534, 65_535, 65_536, 65_537, 200_000];
  const fill = (unit: string, size: number) => {
    const rest = size - 33;
    const whole = unit.repeat(Math.floor(rest / Buffer.byteLength(unit)));
    return whole + 'x'.repeat(rest - Buffer.byteLength(whole));
  };

  beforeEach(() => start({ https, options: { events: [Note] } }));

  it.each([
    ['one byte', 'x'],
    ['two bytes', 'ü'],
    ['three bytes', '€'],
    ['four bytes', '😀'],
  ])('of every length are read by ws, with characters of %s', async (_name, unit) => {
    const ann = await join('ann');
    const texts = sizes.map((size) => fill(unit, size));
    const jsons = texts.map((text) => JSON.stringify({ message_type: 'NOTE', text }));
    expect(jsons.map((json) => Buffer.byteLength(json))).toEqual(sizes);
    for (const text of texts) {
      await host.live.emit(new Note(text), { to: toUsers(['ann']) });
      expect(await ann.next()).toBe(JSON.stringify({ message_type: 'NOTE', text }));
    }
    for (const text of texts) void host.live.emit(new Note(text), { to: toUsers(['ann']) });
    expect(await ann.take(texts.length)).toEqual(jsons);
  });

  it('are not compressed, though the client offers it', async () => {
    const ann = await join('ann');
    expect(await seen(host, 'ann', ann)).toEqual([]);
    expect(ann.socket.extensions).toBe('');
  });
});

describe.each([
  ['ws', undefined],
  ['wss', selfSigned()],
])('control frames over %s', (_, https) => {
  it('come between large bursts without breaking a frame', async () => {
    const heartbeat = { intervalMs: 20, timeoutMs: 60_000 };
    await start({ https, options: { heartbeat, limits: { acceptsPerSecond: 100, ...BIG_EVENTS } } });
    for (const user of ['ann', 'bob']) host.source.put(user, general);
    const clients = [await join('ann'), await join('bob')];
    let pings = 0;
    let pongs = 0;
    clients[0]!.socket.on('ping', () => (pings += 1));
    clients[0]!.socket.on('pong', () => (pongs += 1));
    for (let round = 0; pings < 5 || pongs < 5; round += 1) {
      const sizes = [10, 200_000, 100, 70_000, 130, 50_000];
      const contents = sizes.map((size) => `${round}:${'y'.repeat(size)}`);
      for (const content of contents) {
        say(content);
        clients[0]!.socket.ping(`round ${round}`);
      }
      for (const client of clients) {
        const frames = contentsOf(await client.take(contents.length));
        expect(frames.every((frame, index) => frame === contents[index])).toBe(true);
      }
    }
    expect(clients.map((client) => client.socket.readyState)).toEqual([1, 1]);
  });

  it('close after everything that was emitted before', async () => {
    await start({ https, options: { limits: BIG_EVENTS } });
    host.source.put('ann', general);
    const ann = await join('ann');
    const contents = Array.from({ length: 12 }, (_value, index) => `${index}:${'z'.repeat(40_000)}`);
    for (const content of contents) say(content);
    void host.live.disconnect({ userId: 'ann' });
    say('after the kick');
    expect(await ann.closed).toEqual({ code: 3000, reason: 'disconnected' });
    expect(contentsOf(ann.rest())).toEqual(contents);
  });

  it('answer the pings of a client while it gets a burst', async () => {
    await start({ https, options: { limits: BIG_EVENTS } });
    host.source.put('ann', general);
    const ann = await join('ann');
    for (let count = 0; count < 3; count += 1) say('w'.repeat(150_000));
    const pong = once(ann.socket, 'pong') as Promise<[Buffer]>;
    ann.socket.ping('are you there?');
    expect((await pong)[0].toString()).toBe('are you there?');
    expect(contentsOf(await ann.take(3)).map((content) => (content as string).length)).toEqual([
      150_000, 150_000, 150_000,
    ]);
  });
});
