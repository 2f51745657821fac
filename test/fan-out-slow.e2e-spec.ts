import { once } from 'node:events';
import { LiveConnection, topic } from 'nestjs-live-messages';
import { TestClient, connect } from './support/client';
import { HostSetup } from './support/host';
import { messageRow } from './support/rows';
import { seen } from './support/seen';
import { selfSigned } from './support/self-signed';
import { tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

const MIB = 1_048_576;
const general = topic('CHANNEL', 'general');
/** Large enough that a few dozen fill what the kernel takes for a reader that does not read. */
const BIG = 'x'.repeat(MIB / 2);
const BIG_EVENTS = { contentBytes: MIB, eventBytes: 2 * MIB };

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

function type(author: string, channel = 'general'): void {
  void host.live.typing({ recipient_type: 'CHANNEL', reference_id: channel, user_id: author });
}

function contentsOf(frames: readonly string[]): unknown[] {
  return frames.map((frame) => (JSON.parse(frame) as { content?: unknown }).content);
}

/** Resolves when a connection of the user is gone. */
function goneOf(userId: string): Promise<LiveConnection> {
  return new Promise((resolve) => {
    const end = host.registry.onDisconnect((connection) => {
      if (connection.userId !== userId) return;
      end();
      resolve(connection);
    });
  });
}

afterEach(() => host.close());

describe('a connection that does not read', () => {
  /** How many large messages were emitted. */
  let count = 0;

  beforeEach(() => (count = 0));

  /** Emits large messages until something happens; the clients that read take each before the next comes. */
  async function emitUntil(happened: () => boolean, ...readers: TestClient[]): Promise<void> {
    for (const end = count + 200; !happened(); count += 1) {
      if (count === end) throw new Error('it does not happen within 100 MiB');
      say(`${count}:${BIG}`);
      for (const reader of readers) {
        const { content } = await reader.nextEvent();
        if (!(content as string).startsWith(`${count}:`)) throw new Error(`${count} did not come in order`);
      }
    }
  }

  it.each([
    ['ws', undefined],
    ['wss', selfSigned()],
  ])('is closed by bytes, over %s, and the others get everything at once', async (_, https) => {
    const maxBytes = 2 * MIB;
    await start({ https, options: { limits: BIG_EVENTS, slowConsumer: { maxBytes } } });
    for (const user of ['ann', 'bob', 'cid']) host.source.put(user, general);
    const bob = await join('bob');
    bob.socket.pause();
    const [bobsEnd] = host.ends;
    const readers = [await join('ann'), await join('cid')];
    let gone: LiveConnection | undefined;
    host.registry.onDisconnect((connection) => (gone = connection));
    let most = 0;
    const isGone = () => {
      most = Math.max(most, bobsEnd!.writableLength);
      return gone !== undefined;
    };
    await emitUntil(isGone, ...readers);
    expect(gone).toMatchObject({ userId: 'bob' });
    // What is held for him is bounded: at most the bound and the one event that went over it.
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(maxBytes + 2 * BIG.length);
    say('life goes on');
    for (const reader of readers) expect(await reader.nextEvent()).toMatchObject({ content: 'life goes on' });
    if (!bobsEnd!.destroyed) await once(bobsEnd!, 'close');
    expect(host.registry.size).toBe(2);
    bob.socket.resume();
    expect([4002, 1006]).toContain((await bob.closed).code);
    const contents = contentsOf(bob.frames.slice(1)) as string[];
    expect(contents.every((content, index) => content.startsWith(`${index}:`))).toBe(true);
  });

  it('is closed by age, and the others get everything at once', async () => {
    const slowConsumer = { maxBytes: 512 * MIB, maxMs: 200 };
    await start({ options: { limits: BIG_EVENTS, slowConsumer } });
    for (const user of ['ann', 'bob']) host.source.put(user, general);
    const bob = await join('bob');
    bob.socket.pause();
    const ann = await join('ann');
    const gone = goneOf('bob');
    await emitUntil(() => host.ends[0]!.writableLength > 0, ann);
    expect(await gone).toMatchObject({ userId: 'bob' });
    say('life goes on');
    expect(await ann.nextEvent()).toMatchObject({ content: 'life goes on' });
    if (!host.ends[0]!.destroyed) await once(host.ends[0]!, 'close');
    expect([...host.registry.users()]).toEqual(['ann']);
  });

  it('says 4002 to one that reads again in time', async () => {
    await start({ options: { limits: BIG_EVENTS, slowConsumer: { maxBytes: MIB } } });
    for (const user of ['ann', 'bob']) host.source.put(user, general);
    const bob = await join('bob');
    bob.socket.pause();
    const ann = await join('ann');
    let isGone = false;
    host.registry.onDisconnect(() => {
      isGone = true;
      bob.socket.resume();
    });
    await emitUntil(() => isGone, ann);
    expect(await bob.closed).toEqual({ code: 4002, reason: 'too slow' });
    // Nothing is lost before the close: the client knows exactly from where on to fetch.
    const contents = contentsOf(bob.frames.slice(1)) as string[];
    expect(contents.map((content) => Number(content.split(':')[0]))).toEqual([...Array(count).keys()]);
  });

  it('loses nothing when it is slow but reads', async () => {
    await start({ options: { limits: BIG_EVENTS, slowConsumer: { maxBytes: 512 * MIB } } });
    for (const user of ['ann', 'bob']) host.source.put(user, general);
    const bob = await join('bob');
    bob.socket.pause();
    bob.socket.on('message', () => bob.socket.pause());
    const ann = await join('ann');
    await emitUntil(() => host.ends[0]!.writableLength > 2 * MIB, ann);
    // He reads one, then something happens elsewhere, then he reads the next.
    for (let read = 0; read < count; read += 1) {
      if (read % 4 === 0) {
        say(`${count}:${BIG}`);
        count += 1;
        await ann.next();
      }
      bob.socket.resume();
      expect(((await bob.nextEvent()).content as string).startsWith(`${read}:`)).toBe(true);
    }
    expect(host.registry.connectionsOf('bob')).toHaveLength(1);
  });

  it('gets one typing indicator of each user and topic when it reads again, and none that a message has overtaken', async () => {
    const slowConsumer = { maxBytes: 512 * MIB, maxMs: 4_000 };
    const typing = { throttleMs: 0, lifeMs: 600_000 };
    await start({ options: { limits: BIG_EVENTS, slowConsumer, typing } });
    for (const user of ['ann', 'bob']) host.source.put(user, general);
    const bob = await join('bob');
    bob.socket.pause();
    const ann = await join('ann');
    await emitUntil(() => host.ends[0]!.writableLength > 0, ann);
    for (const author of ['cid', 'dan', 'cid', 'eve', 'cid']) {
      type(author);
      expect(await ann.nextEvent()).toMatchObject({ message_type: 'TYPING', user_id: author });
    }
    say('here is what I typed', 'general', 'dan');
    await ann.nextEvent();
    bob.socket.resume();
    await bob.take(count);
    expect(await bob.nextEvent()).toMatchObject({ content: 'here is what I typed' });
    expect(await bob.nextEvent()).toMatchObject({ message_type: 'TYPING', user_id: 'cid' });
    expect(await bob.nextEvent()).toMatchObject({ message_type: 'TYPING', user_id: 'eve' });
    expect(await seen(host, 'bob', bob)).toEqual([]);
  });
});
