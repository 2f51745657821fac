import { LogFollower, LogSubscription, MemoryEventLog, Position, toUsers, topic } from 'nestjs-live-messages';
import { TestClient, connect, open } from './support/client';
import { HeldAnswers } from './support/held-answers';
import { HostSetup } from './support/host';
import { messageRow } from './support/rows';
import { seen, seenBy } from './support/seen';
import { tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

const general = topic('CHANNEL', 'general');

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

afterEach(() => host.close());

describe('typing', () => {
  beforeEach(() => {
    for (const user of ['ann', 'bob', 'cid']) sources.set(user, [general, topic('CHANNEL', 'random')]);
  });

  const sources = new Map<string, ReturnType<typeof topic>[]>();

  const startTyping = async (setup: HostSetup = {}) => {
    await start(setup);
    for (const [user, topics] of sources) host.source.put(user, ...topics);
  };

  it('reaches the others in the topic, and none of the author’s own connections', async () => {
    await startTyping();
    const [ann, annToo, bob, eve] = [
      await join('ann'),
      await join('ann'),
      await join('bob'),
      await join('eve'),
    ];
    type('ann');
    expect(await seenBy(host, 'ann', ann, annToo)).toEqual([[], []]);
    expect(await seen(host, 'bob', bob)).toEqual(['TYPING']);
    expect(await seen(host, 'eve', eve)).toEqual([]);
  });

  it('stands on the wire with its four keys', async () => {
    await startTyping();
    const bob = await join('bob');
    type('ann');
    expect(await bob.next()).toBe(
      '{"message_type":"TYPING","recipient_type":"CHANNEL","reference_id":"general","user_id":"ann"}',
    );
  });

  it('is let through once in a while for each user and topic', async () => {
    await startTyping();
    const bob = await join('bob');
    for (let count = 0; count < 5; count += 1) {
      type('ann');
      type('cid');
      type('ann', 'random');
    }
    await host.live.typing({ recipient_type: 'CHANNEL', reference_id: 'general', user_id: 'ann' });
    expect(await seen(host, 'bob', bob)).toEqual(['TYPING', 'TYPING', 'TYPING']);
  });

  it('is news again after the user’s message, edit or deletion in that topic, and only there', async () => {
    await startTyping();
    const bob = await join('bob');
    type('ann');
    say('said elsewhere', 'random', 'ann');
    say('said by another', 'general', 'cid');
    type('ann');
    say('said', 'general', 'ann');
    type('ann');
    void host.live.messageEdited(messageRow('general', { user_id: 'ann', content: 'edited' }));
    type('ann');
    void host.live.messageDeleted(messageRow('general', { user_id: 'ann', content: 'deleted' }));
    type('ann');
    expect(await seen(host, 'bob', bob)).toEqual([
      'TYPING',
      'said elsewhere',
      'said by another',
      'said',
      'TYPING',
      'edited',
      'TYPING',
      'deleted',
      'TYPING',
    ]);
  });

  it('is let through as often as it comes without a throttle', async () => {
    await startTyping({ options: { typing: { throttleMs: 0 } } });
    const bob = await join('bob');
    for (let count = 0; count < 3; count += 1) type('ann');
    expect(await seen(host, 'bob', bob)).toEqual(['TYPING', 'TYPING', 'TYPING']);
  });

  it('is dropped when it is stale by the log’s time', async () => {
    await startTyping({ options: { log: new LateLog(5_000) } });
    const bob = await join('bob');
    type('ann');
    expect(await seen(host, 'bob', bob)).toEqual([]);
    await host.close();
    await startTyping({ options: { log: new LateLog(3_000) } });
    const again = await join('bob');
    type('ann');
    expect(await seen(host, 'bob', again)).toEqual(['TYPING']);
  });

  it('is never replayed to a connection that was on its way', async () => {
    await startTyping();
    const answers = HeldAnswers.of(host.source, 'bob');
    const witness = await join('ann');
    const bob = open(host.url, tokenOf('bob'));
    const call = await answers.next();
    type('cid');
    say('hello');
    expect(await seen(host, 'ann', witness)).toEqual(['TYPING', 'hello']);
    call.answer([general]);
    await bob.next();
    expect(await seen(host, 'bob', bob)).toEqual(['hello']);
  });

  /** A log whose records were accepted a while ago, by its clock. */
  class LateLog extends MemoryEventLog {
    constructor(private readonly lateMs: number) {
      super();
    }

    override follow(after: Position | 'now', follower: LogFollower): Promise<LogSubscription> {
      return super.follow(after, {
        onRecords: (records) =>
          follower.onRecords(records.map((record) => ({ ...record, at: record.at - this.lateMs }))),
        onBreak: (next) => follower.onBreak(next),
      });
    }
  }
});

describe('refreshes', () => {
  it('come to everyone exactly once', async () => {
    await start({ options: { refresh: { perSecond: 100 } } });
    const users = Array.from({ length: 30 }, (_, index) => `user ${index}`);
    const clients = await Promise.all(users.map((user) => join(user)));
    void host.live.updateStatus();
    for (const client of clients) expect(await client.next()).toBe('{"message_type":"UPDATE_STATUS"}');
    for (const [index, client] of clients.entries())
      expect(await seen(host, users[index]!, client)).toEqual([]);
  });

  it('are spread: the last waits while messages pass it', async () => {
    await start({ options: { refresh: { perSecond: 1 } } });
    const clients: TestClient[] = [];
    for (let user = 0; user < 6; user += 1) clients.push(await join(`user ${user}`));
    void host.live.updateUsers();
    expect(await clients[0]!.nextEvent()).toEqual({ message_type: 'UPDATE_USERS' });
    expect(await seen(host, 'user 5', clients[5]!)).toEqual([]);
    expect(await clients[1]!.nextEvent()).toEqual({ message_type: 'UPDATE_USERS' });
    expect(await seen(host, 'user 5', clients[5]!)).toEqual([]);
  });

  it('merge: UPDATE_STATUS absorbs an UPDATE_USERS that waits, and comes once', async () => {
    await start({ options: { refresh: { perSecond: 5 } } });
    const [first, bob, cid, last] = [
      await join('first'),
      await join('bob'),
      await join('cid'),
      await join('last'),
    ];
    const to = (...users: string[]) => ({ to: toUsers(users) });
    void host.live.updateUsers(to('first'));
    void host.live.updateUsers(to('bob'));
    void host.live.updateStatus(to('bob', 'cid'));
    void host.live.updateUsers(to('bob', 'cid'));
    void host.live.updateUsers(to('last'));
    expect(await last.nextEvent()).toEqual({ message_type: 'UPDATE_USERS' });
    expect(await seen(host, 'first', first)).toEqual(['UPDATE_USERS']);
    expect(await seen(host, 'bob', bob)).toEqual(['UPDATE_STATUS']);
    expect(await seen(host, 'cid', cid)).toEqual(['UPDATE_STATUS']);
    expect(await seen(host, 'last', last)).toEqual([]);
  });

  it('wait where they first stood in the queue', async () => {
    await start({ options: { refresh: { perSecond: 5 } } });
    const [first, bob, cid] = [await join('first'), await join('bob'), await join('cid')];
    for (const user of ['first', 'bob', 'cid', 'bob']) void host.live.updateUsers({ to: toUsers([user]) });
    expect(await cid.nextEvent()).toEqual({ message_type: 'UPDATE_USERS' });
    expect(await seen(host, 'bob', bob)).toEqual(['UPDATE_USERS']);
    expect(await seen(host, 'first', first)).toEqual(['UPDATE_USERS']);
  });

  it('come at once to the user who caused them', async () => {
    await start({ options: { refresh: { perSecond: 1 } } });
    await Promise.all(['a', 'b', 'c'].map((user) => join(user)));
    const actor = [await join('actor'), await join('actor')];
    void host.live.updateUsers({ actor: 'actor' });
    expect(await seenBy(host, 'actor', ...actor)).toEqual([['UPDATE_USERS'], ['UPDATE_USERS']]);
  });

  it('bring the user who caused one what he was waiting for, and that once', async () => {
    await start({ options: { refresh: { perSecond: 1 } } });
    await join('a');
    const actor = await join('actor');
    void host.live.updateStatus();
    void host.live.updateUsers({ actor: 'actor' });
    expect(await seen(host, 'actor', actor)).toEqual(['UPDATE_STATUS']);
  });

  it('come at once to one who has just joined a topic', async () => {
    await start({ options: { refresh: { perSecond: 1 } } });
    await Promise.all(['a', 'b', 'c'].map((user) => join(user)));
    const ann = await join('ann');
    void host.memberships.joined('ann', general);
    void host.live.updateStatus();
    expect(await seen(host, 'ann', ann)).toEqual(['UPDATE_STATUS']);
  });

  it('are spread over those who have only just connected, too: that is no joining', async () => {
    await start({ options: { refresh: { perSecond: 1 } } });
    const first = await join('first');
    host.source.put('ann', general);
    const ann = await join('ann');
    void host.live.updateStatus();
    expect(await seen(host, 'first', first)).toEqual(['UPDATE_STATUS']);
    expect(await seen(host, 'ann', ann)).toEqual([]);
  });

  it('come at once to one whom a changed has just brought into a topic', async () => {
    await start({ options: { refresh: { perSecond: 1 } } });
    await Promise.all(['a', 'b', 'c'].map((user) => join(user)));
    const ann = await join('ann');
    host.source.put('ann', general);
    void host.memberships.changed('ann');
    say('welcome');
    expect(await ann.nextEvent()).toMatchObject({ content: 'welcome' });
    void host.live.updateStatus();
    expect(await seen(host, 'ann', ann)).toEqual(['UPDATE_STATUS']);
  });

  it('come at once to one whom a changed brings into a topic, though emitted while the host is asked', async () => {
    await start({ options: { refresh: { perSecond: 1 } } });
    await Promise.all(['a', 'b', 'c'].map((user) => join(user)));
    const ann = await join('ann');
    host.source.put('ann', general);
    void host.memberships.changed('ann');
    void host.live.updateStatus();
    expect(await seen(host, 'ann', ann)).toEqual(['UPDATE_STATUS']);
  });

  it('come at once to the user who caused them while the host is asked about him', async () => {
    await start({ options: { refresh: { perSecond: 1 } } });
    await Promise.all(['a', 'b', 'c'].map((user) => join(user)));
    const ann = await join('ann');
    void host.memberships.changed('ann');
    void host.live.updateUsers({ actor: 'ann' });
    expect(await seen(host, 'ann', ann)).toEqual(['UPDATE_USERS']);
  });

  it('are not missed by a connection that was on its way', async () => {
    await start({ options: { refresh: { perSecond: 1_000 } } });
    const answers = HeldAnswers.of(host.source, 'ann');
    const witness = await join('witness');
    const ann = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    void host.live.updateUsers();
    void host.live.updateStatus();
    await witness.next();
    call.answer([]);
    await ann.next();
    expect(await ann.nextEvent()).toEqual({ message_type: 'UPDATE_STATUS' });
    expect(await seen(host, 'ann', ann)).toEqual([]);
  });

  it('come all at once and one for one with refresh: false', async () => {
    await start({ options: { refresh: false } });
    const users = Array.from({ length: 60 }, (_, index) => `user ${index}`);
    const clients = await Promise.all(users.map((user) => join(user)));
    for (let round = 0; round < 3; round += 1) {
      void host.live.updateStatus();
      for (const [index, client] of clients.entries())
        expect(await seen(host, users[index]!, client)).toEqual(['UPDATE_STATUS']);
    }
  });

  it('are forgotten with the connection that waits for one', async () => {
    await start({ options: { refresh: { perSecond: 5 } } });
    const [, bob, cid] = [await join('first'), await join('bob'), await join('cid')];
    void host.live.updateUsers();
    void host.live.disconnect({ userId: 'bob' });
    expect(await bob.closed).toMatchObject({ code: 3000 });
    expect(await cid.nextEvent()).toEqual({ message_type: 'UPDATE_USERS' });
    expect(bob.rest()).toEqual([]);
  });
});
