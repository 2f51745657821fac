import { FakeSocket } from '../../test/support/fake-connection';
import { Audience, toEveryone } from '../log/audience';
import { LogRecord, NewRecord } from '../log/records';
import { Fences } from '../memberships/fences';
import { topic } from '../protocol/topic';
import { Connection } from './connection';
import { Delivery } from './delivery';
import { LiveUsers } from './live-users';
import { Recipients } from './recipients';
import { TopicIndex } from './topic-index';

const general = topic('CHANNEL', 'general');
const everyone = toEveryone();
const MAX_BYTES = 1_000;

describe('Delivery', () => {
  let users: LiveUsers;
  let delivery: Delivery;
  let tooSlow: Connection[];

  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
    users = new LiveUsers();
    tooSlow = [];
    delivery = new Delivery(
      new Recipients(users, new TopicIndex(), new Fences(1_000, 1_000)),
      {
        slowConsumer: { maxBytes: MAX_BYTES, maxMs: 60_000 },
        typing: { throttleMs: 0, lifeMs: 5_000 },
        refreshPerSecond: () => 1_000,
        window: { maxMs: 300_000 },
      },
      (connection) => tooSlow.push(connection),
    );
  });

  afterEach(() => {
    delivery.close();
    jest.useRealTimers();
  });

  function join(userId: string): { socket: FakeSocket; connection: Connection } {
    const socket = new FakeSocket();
    const connection = new Connection({ userId }, socket, { position: { epoch: 1, seq: 0 } });
    users.add(connection);
    connection.goLive();
    return { socket, connection };
  }

  function recordOf<R extends NewRecord>(body: R, at = Date.now()): LogRecord<R> {
    return { position: { epoch: 1, seq: 1 }, at, body };
  }

  function say(text: string, author = 'author', audience: Audience = everyone): void {
    const body = { kind: 'event', type: 'MESSAGE', json: text, audience, author, topic: general } as const;
    delivery.events(audience, [recordOf({ ...body, durable: true })]);
    delivery.flush();
  }

  function type(author: string, at = Date.now()): void {
    const body = {
      kind: 'typing',
      json: `${author} types`,
      audience: everyone,
      author,
      topic: general,
    } as const;
    delivery.typingIndicator(recordOf({ ...body, durable: false }, at));
    delivery.flush();
  }

  function refresh(what: 'UPDATE_STATUS' | 'UPDATE_USERS'): void {
    delivery.refresh(recordOf({ kind: 'refresh', what, audience: everyone, durable: true }));
    delivery.flush();
  }

  const status = '{"message_type":"UPDATE_STATUS"}';

  it('encodes an event into one frame, however many get it', () => {
    const all = ['ann', 'bob', 'cid'].map((userId) => join(userId).socket);
    say('hello');
    expect(all.every(({ writes }) => writes.length === 1 && writes[0] === all[0]!.writes[0])).toBe(true);
  });

  it('holds typing back for one that does not read, in one slot for each user, until it reads again', () => {
    const { socket } = join('ann');
    const { socket: reader } = join('bob');
    socket.isStuck = true;
    say('hello');
    for (const author of ['cid', 'dan', 'cid']) type(author);
    expect(socket.texts).toEqual(['hello']);
    expect(reader.texts).toEqual(['hello', 'cid types', 'dan types', 'cid types']);
    socket.take();
    socket.isStuck = false;
    jest.advanceTimersByTime(1_000);
    expect(socket.texts).toEqual(['hello', 'cid types', 'dan types']);
    jest.advanceTimersByTime(60_000);
    expect(socket.texts).toHaveLength(3);
  });

  it('drops held typing that the user’s message overtakes, and that of nobody else', () => {
    const { socket } = join('ann');
    socket.isStuck = true;
    say('hello');
    for (const author of ['cid', 'dan']) type(author);
    say('what I typed', 'cid');
    socket.take();
    jest.advanceTimersByTime(1_000);
    expect(socket.texts).toEqual(['hello', 'what I typed', 'dan types']);
  });

  it('drops held typing that has become stale', () => {
    const { socket } = join('ann');
    socket.isStuck = true;
    say('hello');
    type('cid', Date.now() - 3_000);
    type('dan');
    jest.advanceTimersByTime(2_000);
    socket.take();
    jest.advanceTimersByTime(1_000);
    expect(socket.texts).toEqual(['hello', 'dan types']);
  });

  it('drops typing for one that is half way to its bound, and never a message', () => {
    const { socket } = join('ann');
    socket.isStuck = true;
    say('x'.repeat(MAX_BYTES / 2));
    type('cid');
    say('a message');
    socket.take();
    jest.advanceTimersByTime(1_000);
    expect(socket.texts.slice(1)).toEqual(['a message']);
    expect(tooSlow).toEqual([]);
  });

  it('holds a bounded number of typing indicators for one that does not read', () => {
    const { socket, connection } = join('ann');
    socket.isStuck = true;
    say('x');
    for (let user = 0; user < 1_000; user += 1) type(`user ${user}`);
    expect(connection.heldTyping!.size).toBe(100);
  });

  it('lets a refresh wait, merged, for one that is half way to its bound', () => {
    const { socket } = join('ann');
    socket.isStuck = true;
    say('x'.repeat(MAX_BYTES / 2));
    refresh('UPDATE_USERS');
    refresh('UPDATE_STATUS');
    refresh('UPDATE_USERS');
    jest.advanceTimersByTime(5_000);
    expect(socket.texts).toHaveLength(1);
    socket.take();
    jest.advanceTimersByTime(1_000);
    expect(socket.texts.slice(1)).toEqual([status]);
  });

  it('says who is over the bound as soon as it is', () => {
    const { socket, connection } = join('ann');
    socket.isStuck = true;
    say('x'.repeat(900));
    expect(tooSlow).toEqual([]);
    say('x'.repeat(100));
    expect(tooSlow).toEqual([connection]);
  });

  it('keeps nothing of one that is gone', () => {
    const { socket, connection } = join('ann');
    socket.isStuck = true;
    say('hello');
    type('cid');
    refresh('UPDATE_USERS');
    connection.end(undefined);
    users.remove(connection);
    delivery.forget(connection);
    const { length } = socket.writes;
    socket.take();
    jest.advanceTimersByTime(60_000);
    say('to nobody');
    expect(socket.writes).toHaveLength(length);
    expect(connection.heldTyping).toBeUndefined();
  });
});
