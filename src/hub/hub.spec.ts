import { HUB_OPTIONS } from '../../test/support/hub-options';
import { FakeSocket } from '../../test/support/fake-connection';
import { toEveryone, toTopic } from '../log/audience';
import { EventLog, LogFollower, LogRange, LogSubscription } from '../log/event-log';
import { Position } from '../log/position';
import { LogRecord, NewRecord, RevocationRecord } from '../log/records';
import { MembershipReader } from '../memberships/membership-reader';
import { Topic, topic } from '../protocol/topic';
import { Connection } from './connection';
import { ConnectionRegistry } from './connection-registry';
import { Hub, HubOptions } from './hub';
import { LiveUsers } from './live-users';

const general = topic('CHANNEL', 'general');
const durable = true;
const COME_BACK = { reason: '{"reconnect_within_ms":8000}' };

/** A log that does what the test says. */
class ScriptedLog extends EventLog {
  follower: LogFollower | undefined;
  head: Position = { epoch: 1, seq: 0 };
  isClosed = false;
  revoked: RevocationRecord[] = [];

  append(): Promise<readonly Position[]> {
    return Promise.reject(new Error('nobody appends here'));
  }

  follow(_after: Position | 'now', follower: LogFollower): Promise<LogSubscription> {
    this.follower = follower;
    return Promise.resolve({ from: this.head, close: () => (this.isClosed = true) });
  }

  read(): Promise<LogRange> {
    return Promise.resolve({ kind: 'lost', head: this.head });
  }

  saveRevocation(): Promise<void> {
    return Promise.resolve();
  }

  revocations(): Promise<readonly RevocationRecord[]> {
    return Promise.resolve(this.revoked);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Hands out a batch. */
  say(...bodies: NewRecord[]): void {
    const records = bodies.map((body): LogRecord => {
      this.head = { epoch: this.head.epoch, seq: this.head.seq + 1 };
      return { position: this.head, at: Date.now(), body };
    });
    this.follower!.onRecords(records);
  }

  /** Loses so many records, or begins anew. */
  break(next: Position): void {
    this.head = next;
    this.follower!.onBreak(next);
  }
}

describe('Hub', () => {
  let log: ScriptedLog;
  let hub: Hub;
  let answer: (userId: string) => Topic[] | Promise<Topic[]>;
  let lines: string[];
  let restart: (more?: Partial<HubOptions>) => Promise<void>;
  let registry: ConnectionRegistry;

  beforeEach(async () => {
    log = new ScriptedLog();
    lines = [];
    answer = () => [general];
    const report = (line: string, error?: unknown) => void lines.push(`${line}: ${(error as Error).message}`);
    const users = new LiveUsers();
    registry = new ConnectionRegistry(users, report);
    const reader = new MembershipReader(
      { topicsOf: (userId) => answer(userId) },
      { concurrency: 50, timeoutMs: 100 },
    );
    const window = { maxMs: 300_000, maxBytes: 2_000, keepsPast: true };
    const options = { ...HUB_OPTIONS, window };
    restart = async (more = {}) => {
      hub?.stop();
      hub = new Hub(log, users, registry, reader, { ...options, ...more }, report);
      await hub.start();
    };
    await restart();
  });

  afterEach(() => hub.stop());

  /** Waits for something that has to happen: the test's own time is the limit. */
  const until = async (happens: () => boolean) => {
    while (!happens()) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  /** Lets the host's answers arrive. */
  const answered = () => new Promise((resolve) => setImmediate(resolve));

  function register(
    userId: string,
    place = hub.takePlace(),
    resume?: string,
  ): { socket: FakeSocket; connection: Connection } {
    const socket = new FakeSocket();
    return { socket, connection: hub.register(socket, { userId }, place, resume) };
  }

  const event = (json: string): NewRecord => {
    return { kind: 'event', type: 'X', json, audience: toTopic('CHANNEL', 'general'), durable };
  };
  const member = (change: 'joined' | 'left', userId: string): NewRecord => {
    return { kind: 'membership', durable, change, userIds: [userId], topic: general };
  };

  describe('at a break in the log', () => {
    it('sends plain connections away with 1012, in their turn, and tells when to come back', async () => {
      const connections = [register('ann'), register('bob'), register('cid')];
      await answered();
      log.break({ epoch: 2, seq: 5 });
      log.say(event('after the break'));
      await until(() => registry.size === 0);
      for (const { socket, connection } of connections) {
        expect(socket.closes).toEqual([{ name: 'serviceRestart', ...COME_BACK }]);
        expect(socket.texts).toHaveLength(1);
        expect(connection.isOpen).toBe(false);
      }
      expect(registry.size).toBe(0);
    });

    it('sends away with 1013 a plain connection that was on its way', async () => {
      answer = () => new Promise((resolve) => setTimeout(() => resolve([general]), 20));
      const { socket } = register('ann');
      log.break({ epoch: 2, seq: 5 });
      await until(() => socket.closes.length > 0);
      expect(socket.closes).toEqual([{ name: 'tryAgainLater', ...COME_BACK }]);
    });

    it('sends away with 1013 who took his place before it', async () => {
      const place = hub.takePlace();
      log.say(event('1'));
      log.break({ epoch: 2, seq: 5 });
      const { socket } = register('ann', place);
      await answered();
      expect(socket.closes).toEqual([{ name: 'tryAgainLater', ...COME_BACK }]);
      expect(socket.texts).toEqual([]);
    });

    it('serves who comes after it', async () => {
      log.say(event('1'));
      log.break({ epoch: 2, seq: 5 });
      expect(hub.head).toEqual({ epoch: 2, seq: 5 });
      const { socket } = register('ann');
      log.say(event('2'));
      await answered();
      log.say(event('3'));
      expect(socket.texts.slice(1)).toEqual(['2', '3']);
    });

    it('goes by the host’s new answers about those who joined before it: their left may be among what is lost', async () => {
      register('ann');
      await answered();
      log.say(member('joined', 'ann'));
      answer = () => [];
      log.break({ epoch: 1, seq: 9 });
      const { socket } = register('ann');
      await answered();
      log.say(event('not for ann'));
      expect(socket.texts.slice(1)).toEqual([]);
    });

    it('goes on keeping out those who left before it, whatever the host still answers', async () => {
      log.say(member('left', 'ann'));
      log.break({ epoch: 1, seq: 9 });
      const { socket } = register('ann');
      await answered();
      log.say(event('not for ann'));
      expect(socket.texts.slice(1)).toEqual([]);
    });
  });

  describe('at a break in the log, a resumable connection', () => {
    const framesOf = ({ texts }: FakeSocket) =>
      texts.map((text) => JSON.parse(text) as Record<string, unknown>);

    it.each([
      ['of a log that began anew', { epoch: 2, seq: 5 }, 'HISTORY_LOST'],
      ['of some records of the same log', { epoch: 1, seq: 9 }, 'CURSOR_TOO_OLD'],
    ])(
      'is told to fetch once its topics are known again, and then gets what comes: %s',
      async (_, next, reason) => {
        const { socket } = register('ann', undefined, '');
        await answered();
        log.say(event('{"n":1}'));
        let resolve: (topics: Topic[]) => void = () => undefined;
        answer = () => new Promise((done) => (resolve = done));
        log.break(next);
        log.say(event('{"n":2}'));
        resolve([general]);
        await answered();
        log.say(event('{"n":3}'));
        const { epoch, seq } = next;
        expect(framesOf(socket).slice(2)).toEqual([
          { message_type: 'RESYNC', cursor: `${epoch}-${seq + 1}`, reason, spread_ms: 2 },
          { n: 3, cursor: `${epoch}-${seq + 2}` },
        ]);
        expect(socket.closes).toEqual([]);
      },
    );

    it('keeps the place it had, and waits until the host can say its topics', async () => {
      const { socket, connection } = register('ann', undefined, '');
      await answered();
      log.say(event('{"n":1}'));
      answer = () => Promise.reject(new Error('no database'));
      log.break({ epoch: 2, seq: 0 });
      await answered();
      log.say(event('{"n":2}'));
      hub.beat(connection);
      hub.flush();
      expect(framesOf(socket).at(-1)).toEqual({ message_type: 'HEARTBEAT', cursor: '1-1' });
      expect(connection.isOpen).toBe(true);
      answer = () => [];
      hub['memberships'].recheck(Infinity);
      await answered();
      expect(framesOf(socket).at(-1)).toMatchObject({ reason: 'HISTORY_LOST', cursor: '2-1' });
    });

    it('that came from a node which has seen it goes on where it was, without a fetch', async () => {
      const head = { epoch: 2, seq: 3 };
      jest.spyOn(log, 'read').mockResolvedValue({ kind: 'lost', head });
      const { socket, connection } = register('ann', undefined, '2-2');
      await answered();
      hub.beat(connection);
      hub.flush();
      log.break({ epoch: 2, seq: 0 });
      await answered();
      log.say(event('{"n":1}'), event('{"n":2}'));
      expect(connection.isLive).toBe(true);
      log.say(event('{"n":3}'));
      expect(framesOf(socket).slice(1)).toEqual([
        { message_type: 'HEARTBEAT', cursor: '2-2' },
        { n: 3, cursor: '2-3' },
      ]);
    });

    it('does not go by an answer that was asked for before', async () => {
      const answers: ((topics: Topic[]) => void)[] = [];
      const { socket } = register('ann', undefined, '');
      await answered();
      answer = () => new Promise((done) => answers.push(done));
      log.say({ kind: 'membership', durable, change: 'changed', userIds: ['ann'] });
      log.break({ epoch: 1, seq: 9 });
      answers[0]!([general]);
      await answered();
      expect(framesOf(socket)).toHaveLength(1);
      answers[1]!([]);
      await answered();
      log.say(event('{"not":"for ann"}'));
      expect(framesOf(socket).slice(1)).toEqual([expect.objectContaining({ message_type: 'RESYNC' })]);
    });
  });

  it('tells resumable connections to fetch when a record can not be delivered, and resumes nobody across it', async () => {
    const { socket } = register('ann', undefined, '');
    await answered();
    const broken = { kind: 'event', type: 'X', json: undefined, audience: toEveryone(), durable };
    log.say(event('{"n":1}'), broken as unknown as NewRecord, event('{"n":2}'));
    const types = socket.texts.map((text) => /RESYNC|"n":\d/.exec(text)?.[0]);
    expect(types).toEqual([undefined, '"n":1', 'RESYNC', '"n":2']);
    const { socket: back } = register('ann', undefined, '1-0');
    await answered();
    expect(back.texts.join()).toContain('CURSOR_TOO_OLD');
  });

  it('does not judge a cursor that is ahead while the host is asked about its user', async () => {
    let release: () => void = () => undefined;
    const read = () =>
      new Promise<LogRange>((resolve) => (release = () => resolve({ kind: 'lost', head: log.head })));
    jest.spyOn(log, 'read').mockImplementation(read);
    const { socket } = register('ann', undefined, '1-999');
    await answered();
    answer = () => new Promise(() => undefined);
    log.say({ kind: 'membership', change: 'changed', userIds: ['ann'], durable });
    await answered();
    release();
    await answered();
    log.say(event('{"not":"for ann"}'));
    expect(socket.texts).toHaveLength(1);
  });

  it.each([
    ['to a slow reader', { slowConsumer: { maxBytes: 10_000, maxMs: 10_000 } }, 'x'.repeat(6_000)],
    ['to one behind others', { refreshPerSecond: () => 1 }, ''],
  ])('brings a refresh again whose turn never came: %s', async (_, more, padding) => {
    await restart({ ...more, window: HUB_OPTIONS.window });
    register('xan');
    const { socket, connection } = register('ann', undefined, '');
    await answered();
    socket.isStuck = true;
    log.say(event(`{"n":"${padding}"}`));
    log.say({ kind: 'refresh', what: 'UPDATE_STATUS', audience: toEveryone(), durable });
    log.say(event('{"n":"last"}'));
    hub.forget(connection);
    expect(socket.texts.join()).not.toContain('UPDATE_STATUS');
    const { socket: back } = register('ann', undefined, `1-${log.head.seq}`);
    await until(() => back.texts.join().includes('UPDATE_STATUS'));
  });

  it('has no place of so long ago that it does not reach back to it', async () => {
    const past = (ms: number) => hub.placeBefore(ms);
    expect(past(0)).toEqual(log.head);
    expect(past(10_000)).toEqual({ epoch: 1, seq: 0 });
    const later = Date.now() + 20;
    await until(() => Date.now() >= later);
    log.say(event('{"n":1}'));
    expect(past(10)).toEqual({ epoch: 1, seq: 0 });
    for (let count = 0; count < 10; count += 1) log.say(event('x'.repeat(500)));
    expect(past(10)).toBeUndefined();
  });

  it('tells everyone of a kind of record that it does not know', async () => {
    const [plain, resumable] = [register('ann'), register('bob', undefined, '')];
    await answered();
    log.say({ kind: 'from the future', audience: toEveryone(), durable } as unknown as NewRecord);
    await until(() => plain.socket.closes.length > 0);
    expect(resumable.socket.texts.at(-1)).toContain('RESYNC');
    expect(plain.socket.closes).toEqual([{ name: 'serviceRestart', ...COME_BACK }]);
  });

  it('closes the connection that can not be caught up, and no other', async () => {
    const fails = jest.spyOn(hub['recipients'], 'includesPast').mockImplementation(() => {
      throw new Error('no way');
    });
    const { socket } = register('ann');
    log.say(event('1'));
    await answered();
    fails.mockRestore();
    expect(socket.closes).toEqual([{ name: 'internalError', reason: 'internal error' }]);
    const { socket: other } = register('bob');
    await answered();
    expect(other.closes).toEqual([]);
    expect(lines).toEqual(['A connection could not be caught up: no way']);
  });

  it('does not go back when what can not be delivered lies behind the head', () => {
    log.say(event('1'), event('2'));
    jest.spyOn(hub['delivery'], 'typingIndicator').mockImplementation(() => {
      throw new Error('no way');
    });
    const body = {
      kind: 'typing',
      json: '{}',
      audience: toEveryone(),
      author: 'bob',
      topic: general,
    } as const;
    log.follower!.onRecords([
      { position: { epoch: 1, seq: 1 }, at: Date.now(), body: { ...body, durable: false } },
    ]);
    expect(hub.head.seq).toBe(2);
  });

  it('reads the revocations again after a break: one may lie in it', async () => {
    const socket = new FakeSocket();
    hub.register(socket, { userId: 'ann', tokenId: 'stolen' }, hub.takePlace(), '');
    await answered();
    log.revoked = [{ kind: 'revocation', tokenId: 'stolen', until: Infinity, durable }];
    log.break({ epoch: 1, seq: 9 });
    await answered();
    expect(socket.closes).toEqual([{ name: 'unauthorized', reason: 'token revoked' }]);
  });

  it('asks again for the revocations that it could not read after a break', async () => {
    const socket = new FakeSocket();
    hub.register(socket, { userId: 'ann', tokenId: 'stolen' }, hub.takePlace(), '');
    await answered();
    const read = jest.spyOn(log, 'revocations').mockRejectedValueOnce(new Error('no log'));
    log.break({ epoch: 1, seq: 9 });
    await answered();
    expect(read).toHaveBeenCalledTimes(1);
    log.revoked = [{ kind: 'revocation', tokenId: 'stolen', until: Infinity, durable }];
    register('bob');
    await answered();
    expect(read).toHaveBeenCalledTimes(1);
    hub['keepHouse'](Date.now());
    await answered();
    hub['keepHouse'](Date.now());
    await answered();
    expect(read).toHaveBeenCalledTimes(2);
    expect(socket.closes).toEqual([{ name: 'unauthorized', reason: 'token revoked' }]);
  });

  it('sends away with 1013 for whom the window could not hold what he missed', async () => {
    let resolve: (topics: Topic[]) => void = () => undefined;
    answer = () => new Promise((done) => (resolve = done));
    const { socket } = register('ann');
    for (let count = 0; count < 10; count += 1) log.say(event('x'.repeat(500)));
    resolve([general]);
    await answered();
    expect(socket.texts).toEqual([]);
    expect(socket.closes).toEqual([{ name: 'tryAgainLater', ...COME_BACK }]);
  });

  it('delivers the rest of a batch when one record of it can not be', async () => {
    const { socket } = register('ann');
    await answered();
    const broken = { kind: 'event', type: 'X', json: undefined, audience: toEveryone(), durable };
    log.say(event('1'), broken as unknown as NewRecord, event('2'));
    expect(socket.texts.slice(1)).toEqual(['1', '2']);
    expect(lines).toEqual([expect.stringContaining('A record of the event log could not be delivered')]);
  });

  it('writes once for a batch, however many events are in it', async () => {
    const { socket } = register('ann');
    await answered();
    const { length } = socket.writes;
    log.say(...Array.from({ length: 20 }, (_, index) => event(`${index}`)));
    expect(socket.writes).toHaveLength(length + 1);
    expect(socket.texts).toHaveLength(21);
  });

  it('closes a connection once, and announces it once, whoever asks for it', async () => {
    const gone: string[] = [];
    registry.onDisconnect(({ userId }) => gone.push(userId));
    const { socket, connection } = register('ann');
    await answered();
    hub.close(connection, { name: 'timeout', reason: 'no pong' });
    hub.close(connection, { name: 'tooSlow', reason: 'too slow' });
    hub.forget(connection);
    expect(socket.closes).toEqual([{ name: 'timeout', reason: 'no pong' }]);
    expect(gone).toEqual(['ann']);
    expect(registry.size).toBe(0);
  });

  it('keeps nothing of a connection that is gone, though it never took what it was sent', async () => {
    const { socket, connection } = register('ann');
    await answered();
    socket.isStuck = true;
    log.say(event('1'));
    expect(hub['delivery']['slow'].isBehind(connection)).toBe(true);
    hub.forget(connection);
    expect(hub['delivery']['slow'].isBehind(connection)).toBe(false);
  });

  it('closes a registered connection at once when its token was revoked meanwhile', () => {
    const place = hub.takePlace();
    log.say({ kind: 'revocation', tokenId: 't1', until: Date.now() + 60_000, durable });
    const socket = new FakeSocket();
    hub.register(socket, { userId: 'ann', tokenId: 't1' }, place);
    expect(socket.closes).toEqual([{ name: 'unauthorized', reason: 'token revoked' }]);
    expect(registry.size).toBe(0);
  });

  it('closes the connections of a revocation, and no others', async () => {
    const sockets = [
      { userId: 'ann', tokenId: 't1' },
      { userId: 'ann', tokenId: 't2', issuedAt: 500 },
      { userId: 'ann', tokenId: 't3', issuedAt: 2_000 },
      { userId: 'bob', issuedAt: 500 },
    ].map((principal) => {
      const socket = new FakeSocket();
      hub.register(socket, principal, hub.takePlace());
      return socket;
    });
    await answered();
    const until = Date.now() + 60_000;
    log.say({ kind: 'revocation', tokenId: 't1', until, durable });
    expect(sockets.map(({ closes }) => closes.length)).toEqual([1, 0, 0, 0]);
    log.say({ kind: 'revocation', userId: 'ann', issuedBefore: 1_000, until, durable });
    expect(sockets.map(({ closes }) => closes.length)).toEqual([1, 1, 0, 0]);
  });

  it('says when it has delivered up to a position, and does not wait for ever', async () => {
    const { socket } = register('ann');
    await answered();
    const reached = hub.reached({ epoch: 1, seq: 2 }, 60_000).then(() => socket.texts.length);
    log.say(event('1'));
    log.say(event('2'));
    expect(await reached).toBe(3);
    await hub.reached({ epoch: 1, seq: 2 }, 60_000);
    await hub.reached({ epoch: 1, seq: 99 }, 20);
  });

  it('stops following, and can be stopped twice', () => {
    hub.stop();
    hub.stop();
    expect(log.isClosed).toBe(true);
  });
});
