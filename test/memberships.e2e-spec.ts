import { Injectable } from '@nestjs/common';
import {
  JwtConnectionGuard,
  Principal,
  Topic,
  UpgradeRequest,
  toEveryone,
  toTopic,
  topic,
} from 'nestjs-live-messages';
import { TestClient, connect, open } from './support/client';
import { HeldAnswers } from './support/held-answers';
import { HostSetup } from './support/host';
import { messageRow } from './support/rows';
import { seen, seenBy } from './support/seen';
import { tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

const GREETING = '"Websocket Connection Established"';
const COME_BACK = { code: 1013, reason: '{"reconnect_within_ms":8000}' };
const NOBODY_CAN_READ = 'The memberships of a user could not be read';
const general = topic('CHANNEL', 'general');
const random = topic('CHANNEL', 'random');

let host: WatchedHost;

async function start(setup: HostSetup = {}): Promise<WatchedHost> {
  host = await startWatchedHost(setup);
  return host;
}

function join(userId: string): Promise<TestClient> {
  return connect(host.url, tokenOf(userId));
}

/** Emits to a channel, and does not wait. */
function say(channel: 'general' | 'random', content: string): void {
  void host.live.message(messageRow(channel, { content }));
}

/** Resolves when all that was emitted so far has been delivered or decided. */
async function everythingIsApplied(): Promise<void> {
  const witness = await join('witness');
  await seen(host, 'witness', witness);
  await witness.close();
}

afterEach(() => host.close());

describe('in the order of the log', () => {
  beforeEach(async () => {
    await start();
    host.source.put('ann', general);
    host.source.put('bob', general);
  });

  it('delivers what comes before an un-awaited left, and nothing that comes after it on the same tick', async () => {
    const ann = await join('ann');
    say('general', 'before');
    void host.memberships.left('ann', general);
    say('general', 'after');
    expect(await seen(host, 'ann', ann)).toEqual(['before']);
  });

  it('delivers what comes after an un-awaited joined, and nothing that comes before it on the same tick', async () => {
    const ann = await join('ann');
    say('random', 'before');
    void host.memberships.joined('ann', random);
    say('random', 'after');
    expect(await seen(host, 'ann', ann)).toEqual(['after']);
  });

  it('ends a topic for everyone at its closed, until somebody joins it again', async () => {
    const [ann, bob] = [await join('ann'), await join('bob')];
    say('general', 'before');
    void host.memberships.closed(general);
    say('general', 'between');
    void host.memberships.joined('bob', general);
    say('general', 'after');
    expect(await seen(host, 'ann', ann)).toEqual(['before']);
    expect(await seen(host, 'bob', bob)).toEqual(['before', 'after']);
  });

  it('goes by the new answer of the host from a changed on, and by the old one before it', async () => {
    const ann = await join('ann');
    host.source.put('ann', random);
    say('general', 'before');
    say('random', 'before, elsewhere');
    void host.memberships.changed('ann');
    say('general', 'after, left');
    say('random', 'after');
    expect(await seen(host, 'ann', ann)).toEqual(['before', 'after']);
  });

  it('applies several changes of one tick one after the other', async () => {
    const ann = await join('ann');
    for (const [index, change] of (
      ['left', 'joined', 'left', 'left', 'joined', 'joined'] as const
    ).entries()) {
      void host.memberships[change]('ann', general);
      say('general', `${index}, ${change}`);
    }
    expect(await seen(host, 'ann', ann)).toEqual(['1, joined', '4, joined', '5, joined']);
  });

  it('applies a change of many users to them and to nobody else', async () => {
    host.source.put('cid', general);
    const [ann, bob, cid] = [await join('ann'), await join('bob'), await join('cid')];
    void host.memberships.left(new Set(['ann', 'cid', 'somebody who is not connected']), general);
    say('general', 'to bob');
    void host.memberships.joined(['ann', 'cid'], random);
    say('random', 'to the others');
    expect(await seen(host, 'ann', ann)).toEqual(['to the others']);
    expect(await seen(host, 'bob', bob)).toEqual(['to bob']);
    expect(await seen(host, 'cid', cid)).toEqual(['to the others']);
  });

  it('applies a change to every device of the user', async () => {
    const devices = [await join('ann'), await join('ann'), await join('ann')];
    say('general', 'before');
    void host.memberships.left('ann', general);
    say('general', 'left');
    void host.memberships.joined('ann', random);
    say('random', 'joined');
    const all = await seenBy(host, 'ann', ...devices);
    expect(all).toEqual([1, 2, 3].map(() => ['before', 'joined']));
  });

  it('keeps everyone in the topic of his own id, whatever is left or closed', async () => {
    const own = topic('USER', 'ann');
    const ann = await join('ann');
    void host.memberships.left('ann', own);
    void host.memberships.closed(own);
    void host.live.message(messageRow('ann', { recipient_type: 'USER', content: 'to ann' }));
    void host.live.message(messageRow('general', { content: 'by topic' }), {
      to: toTopic('USER', 'ann'),
    });
    expect(await seen(host, 'ann', ann)).toEqual(['to ann', 'by topic']);
  });

  it('does not let a left reach the topic of another type with the same id', async () => {
    host.source.put('ann', general, topic('TEAM', 'general'));
    const ann = await join('ann');
    void host.memberships.left('ann', general);
    void host.live.message(messageRow('general', { recipient_type: 'TEAM', content: 'to the team' }));
    say('general', 'to the channel');
    expect(await seen(host, 'ann', ann)).toEqual(['to the team']);
  });
});

describe('while the host is being asked', () => {
  let answers: HeldAnswers;

  beforeEach(async () => {
    await start();
    answers = HeldAnswers.of(host.source, 'ann');
  });

  it('sends what was emitted meanwhile after the greeting, exactly once and in order, across topics', async () => {
    const ann = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    const expected: string[] = [];
    for (let index = 0; index < 30; index += 1) {
      const content = `message ${index}`;
      expected.push(content);
      if (index % 3 === 2) {
        const row = messageRow('ann', { recipient_type: 'USER', content });
        void host.live.message(row);
      } else say(index % 3 === 0 ? 'general' : 'random', content);
      if (index === 10) await everythingIsApplied();
      if (index === 20) call.answer([general, random]);
    }
    expect(await ann.next()).toBe(GREETING);
    expect(await seen(host, 'ann', ann)).toEqual(expected);
  });

  it('lets a left win over an answer that is on its way', async () => {
    const ann = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    await host.memberships.left('ann', general);
    await everythingIsApplied();
    say('general', 'meanwhile');
    await everythingIsApplied();
    call.answer([general, random]);
    await ann.next();
    say('general', 'later');
    say('random', 'elsewhere');
    expect(await seen(host, 'ann', ann)).toEqual(['elsewhere']);
  });

  it('lets a closed win over an answer that is on its way', async () => {
    const ann = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    void host.memberships.closed(general);
    say('general', 'meanwhile');
    await everythingIsApplied();
    call.answer([general, random]);
    await ann.next();
    say('general', 'later');
    say('random', 'elsewhere');
    expect(await seen(host, 'ann', ann)).toEqual(['elsewhere']);
  });

  it('lets a joined win over an answer that is on its way', async () => {
    const ann = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    void host.memberships.joined('ann', general);
    say('general', 'meanwhile');
    await everythingIsApplied();
    call.answer([]);
    await ann.next();
    say('general', 'later');
    expect(await seen(host, 'ann', ann)).toEqual(['meanwhile', 'later']);
  });

  it('leaves out what lies between a left and the next joined', async () => {
    const ann = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    say('general', 'in');
    void host.memberships.left('ann', general);
    say('general', 'out');
    void host.memberships.joined('ann', general);
    say('general', 'in again');
    void host.memberships.closed(general);
    say('general', 'closed');
    void host.memberships.joined('ann', general);
    say('general', 'opened again');
    await everythingIsApplied();
    call.answer([general]);
    await ann.next();
    expect(await seen(host, 'ann', ann)).toEqual(['in', 'in again', 'opened again']);
  });

  it('lets a disconnect win over an answer that is on its way', async () => {
    const ann = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    say('general', 'before');
    void host.live.disconnect({ userId: 'ann' });
    say('general', 'after');
    expect(await ann.closed).toEqual({ code: 3000, reason: 'disconnected' });
    call.answer([general]);
    await everythingIsApplied();
    expect(ann.frames).toEqual([]);
    expect(host.registry.connectionsOf('ann')).toEqual([]);
  });

  it('lets the one who was kicked return with his valid token', async () => {
    const ann = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    await host.live.disconnect({ userId: 'ann' });
    await ann.closed;
    call.answer([]);
    answers.release('ann');
    host.source.put('ann', general);
    const again = await join('ann');
    say('general', 'welcome back');
    expect(await seen(host, 'ann', again)).toEqual(['welcome back']);
  });

  it('forgets an answer that comes for a user who is gone', async () => {
    const ann = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    ann.socket.terminate();
    await new Promise<void>((resolve) => host.registry.onDisconnect(() => resolve()));
    call.answer([general]);
    answers.release('ann');
    const again = await join('ann');
    say('general', 'not for ann');
    expect(await seen(host, 'ann', again)).toEqual([]);
  });
});

describe('while the guard is on its way', () => {
  @Injectable()
  class SlowGuard extends JwtConnectionGuard {
    static asked: () => void = () => undefined;
    static answer: () => void = () => undefined;

    override async authenticate(request: UpgradeRequest): Promise<Principal> {
      const principal = await super.authenticate(request);
      if (principal.userId === 'ann') {
        await new Promise<void>((resolve) => {
          SlowGuard.answer = resolve;
          SlowGuard.asked();
        });
      }
      return principal;
    }
  }

  const guardIsAsked = () => new Promise<void>((resolve) => (SlowGuard.asked = resolve));

  beforeEach(async () => {
    await start({ options: { guard: SlowGuard }, providers: [SlowGuard] });
    host.source.put('ann', general);
  });

  it('lets a disconnect win', async () => {
    const asked = guardIsAsked();
    const ann = open(host.url, tokenOf('ann'));
    await asked;
    say('general', 'before');
    await host.live.disconnect({ userId: 'ann' });
    await everythingIsApplied();
    SlowGuard.answer();
    expect(await ann.closed).toEqual({ code: 3000, reason: 'disconnected' });
    expect(ann.frames).toEqual([]);
  });

  it('lets the revocation of the token win', async () => {
    const asked = guardIsAsked();
    const ann = open(host.url, tokenOf('ann', { jti: 'token 1' }));
    await asked;
    await host.live.disconnect({ tokenId: 'token 1' });
    await everythingIsApplied();
    SlowGuard.answer();
    expect(await ann.closed).toEqual({ code: 3000, reason: 'token revoked' });
    expect(ann.frames).toEqual([]);
  });

  it('lets a left win, and misses nothing that is emitted', async () => {
    host.source.put('ann', general, random);
    const asked = guardIsAsked();
    const ann = open(host.url, tokenOf('ann'));
    await asked;
    say('general', 'before');
    void host.memberships.left('ann', general);
    say('general', 'out');
    say('random', 'in');
    await everythingIsApplied();
    SlowGuard.answer();
    expect(await ann.next()).toBe(GREETING);
    expect(await seen(host, 'ann', ann)).toEqual(['in']);
  });

  it('keeps what is emitted for it, though others come, go live and leave meanwhile', async () => {
    const asked = guardIsAsked();
    const ann = open(host.url, tokenOf('ann'));
    await asked;
    say('general', '1');
    await everythingIsApplied();
    say('general', '2');
    await everythingIsApplied();
    SlowGuard.answer();
    await ann.next();
    say('general', '3');
    expect(await seen(host, 'ann', ann)).toEqual(['1', '2', '3']);
  });
});

describe('a host whose answers lag behind what it said', () => {
  beforeEach(async () => {
    await start();
    host.source.put('ann', general, random);
  });

  it('loses at connect, until a changed ends the fence', async () => {
    await host.memberships.left('ann', general);
    await everythingIsApplied();
    const ann = await join('ann');
    say('general', 'fenced');
    say('random', 'elsewhere');
    expect(await seen(host, 'ann', ann)).toEqual(['elsewhere']);
    void host.memberships.changed('ann');
    say('general', 'in again');
    expect(await seen(host, 'ann', ann)).toEqual(['in again']);
  });

  it('loses when the next device connects, for all devices', async () => {
    const first = await join('ann');
    await host.memberships.left('ann', general);
    const second = await join('ann');
    say('general', 'fenced');
    say('random', 'elsewhere');
    expect(await seenBy(host, 'ann', first, second)).toEqual([['elsewhere'], ['elsewhere']]);
  });

  it('loses against a closed, until a changed ends the fence', async () => {
    const before = await join('ann');
    await host.memberships.closed(general);
    const after = await join('ann');
    say('general', 'fenced');
    expect(await seenBy(host, 'ann', before, after)).toEqual([[], []]);
    void host.memberships.changed('ann');
    say('general', 'in again');
    expect(await seenBy(host, 'ann', before, after)).toEqual([['in again'], ['in again']]);
  });

  it('loses against a joined that it does not know of yet', async () => {
    host.source.put('ann');
    const first = await join('ann');
    await host.memberships.joined('ann', general);
    const second = await join('ann');
    say('general', 'joined');
    expect(await seenBy(host, 'ann', first, second)).toEqual([['joined'], ['joined']]);
  });

  it('loses when a left comes after the changed', async () => {
    const ann = await join('ann');
    void host.memberships.changed('ann');
    void host.memberships.left('ann', general);
    say('general', 'fenced');
    say('random', 'elsewhere');
    expect(await seen(host, 'ann', ann)).toEqual(['elsewhere']);
  });
});

describe('changed', () => {
  let answers: HeldAnswers;
  let ann: TestClient;

  beforeEach(async () => {
    await start();
    host.source.put('ann', general);
    ann = await join('ann');
    answers = HeldAnswers.of(host.source, 'ann');
  });

  it('delivers everything that is emitted meanwhile exactly once and in order', async () => {
    const expected: string[] = [];
    const emit = (channel: 'general' | 'random') => {
      expected.push(`message ${expected.length}`);
      say(channel, expected.at(-1)!);
    };
    for (let round = 0; round < 4; round += 1) {
      emit('general');
      void host.memberships.changed('ann');
      emit('general');
      emit('random');
      const call = await answers.next();
      emit('random');
      await everythingIsApplied();
      emit('general');
      call.answer([general, random]);
      emit('random');
    }
    expect(await seen(host, 'ann', ann)).toEqual(expected);
  });

  it('asks once more when it comes during a call, however often it comes', async () => {
    void host.memberships.changed('ann');
    const first = await answers.next();
    for (let count = 0; count < 3; count += 1) {
      void host.memberships.changed('ann');
      await everythingIsApplied();
    }
    say('general', 'in general');
    say('random', 'in random');
    first.answer([general]);
    const second = await answers.next();
    second.answer([random]);
    expect(await seen(host, 'ann', ann)).toEqual(['in random']);
    expect(answers.calls).toHaveLength(2);
    expect(answers.mostRunning).toBe(1);
  });

  it('asks again after a call that failed but was overtaken', async () => {
    void host.memberships.changed('ann');
    const first = await answers.next();
    void host.memberships.changed('ann');
    await everythingIsApplied();
    first.fail(new Error('the database is away'));
    (await answers.next()).answer([random]);
    say('random', 'in random');
    expect(await seen(host, 'ann', ann)).toEqual(['in random']);
    expect(host.lines).toEqual([]);
  });

  it('asks one call at a time for a user, whatever comes', async () => {
    void host.memberships.changed('ann');
    const first = await answers.next();
    const others = [open(host.url, tokenOf('ann')), open(host.url, tokenOf('ann'))];
    void host.memberships.changed(['ann', 'ann']);
    await everythingIsApplied();
    say('general', 'hello');
    first.answer([]);
    (await answers.next()).answer([general]);
    await Promise.all(others.map((device) => device.next()));
    await seenBy(host, 'ann', ann, ...others);
    for (const device of [ann, ...others]) expect(device.frames.join()).toContain('hello');
    expect(answers.mostRunning).toBe(1);
  });

  it('leaves out what a left bars, though it waits for the answer', async () => {
    void host.memberships.changed('ann');
    const call = await answers.next();
    void host.memberships.left('ann', general);
    say('general', 'left');
    await everythingIsApplied();
    call.answer([general, random]);
    say('random', 'elsewhere');
    expect(await seen(host, 'ann', ann)).toEqual(['elsewhere']);
  });

  it('lets a disconnect win over the answer', async () => {
    void host.memberships.changed('ann');
    const call = await answers.next();
    say('general', 'before');
    void host.live.disconnect({ userId: 'ann' });
    say('general', 'after');
    expect(await ann.closed).toEqual({ code: 3000, reason: 'disconnected' });
    call.answer([general]);
    await everythingIsApplied();
    expect(ann.rest()).toEqual([]);
  });
});

describe('calls of topicsOf', () => {
  it('are at most so many at once', async () => {
    await start({ options: { membershipOptions: { concurrency: 2 } } });
    const users = ['u1', 'u2', 'u3', 'u4', 'u5'];
    const answers = HeldAnswers.of(host.source, ...users);
    const registered = countRegistered();
    const clients = users.map((userId) => open(host.url, tokenOf(userId)));
    await registered.reaches(5);
    expect(answers.calls).toHaveLength(2);
    for (let count = 0; count < users.length; count += 1) (await answers.next()).answer([general]);
    await Promise.all(clients.map((client) => client.next()));
    expect(answers.mostRunning).toBe(2);
    say('general', 'to all');
    for (const client of clients) expect(await client.nextEvent()).toMatchObject({ content: 'to all' });
  });

  it('have their time from the call on, not from the queue', async () => {
    await start({ options: { membershipOptions: { concurrency: 1, timeoutMs: 300 } } });
    const answers = HeldAnswers.of(host.source, 'hangs', 'hangs too', 'waits');
    const registered = countRegistered();
    const hanging = open(host.url, tokenOf('hangs'));
    await registered.reaches(1);
    const hangingToo = open(host.url, tokenOf('hangs too'));
    await registered.reaches(2);
    const waiting = open(host.url, tokenOf('waits'));
    await registered.reaches(3);
    await answers.next();
    await answers.next();
    (await answers.next()).answer([general]);
    expect(await waiting.next()).toBe(GREETING);
    expect(await hanging.closed).toEqual(COME_BACK);
    expect(await hangingToo.closed).toEqual(COME_BACK);
  });

  it('know of every changed that came before their turn', async () => {
    await start({ options: { membershipOptions: { concurrency: 1 } } });
    const answers = HeldAnswers.of(host.source, 'ann', 'bob');
    const registered = countRegistered();
    const ann = open(host.url, tokenOf('ann'));
    const first = await answers.next();
    const bob = open(host.url, tokenOf('bob'));
    await registered.reaches(2);
    void host.memberships.changed('bob');
    const cid = open(host.url, tokenOf('cid'));
    await registered.reaches(3);
    first.answer([]);
    (await answers.next()).answer([general]);
    expect([await ann.next(), await bob.next(), await cid.next()]).toEqual([GREETING, GREETING, GREETING]);
    say('general', 'hello');
    expect(await seen(host, 'bob', bob)).toEqual(['hello']);
    expect(answers.calls).toHaveLength(2);
  });

  it('are not made for a user who has gone before his turn', async () => {
    await start({ options: { membershipOptions: { concurrency: 1 } } });
    const answers = HeldAnswers.of(host.source, 'ann', 'bob', 'cid');
    const registered = countRegistered();
    const ann = open(host.url, tokenOf('ann'));
    const first = await answers.next();
    const bob = open(host.url, tokenOf('bob'));
    await registered.reaches(2);
    const cid = open(host.url, tokenOf('cid'));
    await registered.reaches(3);
    const gone = new Promise<void>((resolve) => host.registry.onDisconnect(() => resolve()));
    bob.socket.terminate();
    await gone;
    first.answer([]);
    const second = await answers.next();
    expect(second.userId).toBe('cid');
    second.answer([]);
    expect([await ann.next(), await cid.next()]).toEqual([GREETING, GREETING]);
  });

  it('are one at a time for a user, though he goes and comes back while one is under way', async () => {
    await start();
    const answers = HeldAnswers.of(host.source, 'ann');
    const first = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    const gone = new Promise<void>((resolve) => host.registry.onDisconnect(() => resolve()));
    first.socket.terminate();
    await gone;
    const registered = countRegistered();
    const second = open(host.url, tokenOf('ann'));
    await registered.reaches(1);
    expect(answers.running).toBe(1);
    answers.release('ann');
    host.source.put('ann', general);
    call.answer([general]);
    expect(await second.next()).toBe(GREETING);
    say('general', 'hello');
    expect(await seen(host, 'ann', second)).toEqual(['hello']);
  });

  it('are made once for a user who has gone and come back before his turn', async () => {
    await start({ options: { membershipOptions: { concurrency: 1 } } });
    const answers = HeldAnswers.of(host.source, 'ann', 'bob');
    const registered = countRegistered();
    const ann = open(host.url, tokenOf('ann'));
    const first = await answers.next();
    const gone = open(host.url, tokenOf('bob'));
    await registered.reaches(2);
    const isGone = new Promise<void>((resolve) => host.registry.onDisconnect(() => resolve()));
    gone.socket.terminate();
    await isGone;
    const bob = open(host.url, tokenOf('bob'));
    await registered.reaches(3);
    first.answer([]);
    const second = await answers.next();
    const askedFromTheTable = jest.spyOn(host.source.table, 'get');
    answers.release('bob');
    second.answer([general]);
    expect([await ann.next(), await bob.next()]).toEqual([GREETING, GREETING]);
    say('general', 'hello');
    expect(await seen(host, 'bob', bob)).toEqual(['hello']);
    expect(askedFromTheTable).not.toHaveBeenCalled();
  });

  /** Counts the connections that were ever registered, from now on. */
  function countRegistered() {
    let count = 0;
    let wake: () => void = () => undefined;
    host.registry.onConnect(() => {
      count += 1;
      wake();
    });
    const reaches = async (wanted: number) => {
      while (count < wanted) await new Promise<void>((resolve) => (wake = resolve));
    };
    return { reaches };
  }
});

describe('a host that fails', () => {
  const anIteratorThatThrows = {
    [Symbol.iterator]: () => ({
      next: () => {
        throw new Error('the cursor is closed');
      },
    }),
  };
  const cases: [string, (userId: string) => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('no database');
      },
    ],
    [
      'throws what is no error',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what a host may do
        throw undefined;
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what a host may do
    ['rejects with nothing', () => Promise.reject()],
    ['hangs', () => new Promise(() => undefined)],
    ['answers nothing', () => undefined],
    ['answers null', () => null],
    ['answers a string', () => 'CHANNEL:general'],
    ['answers a number', () => 7],
    ['answers an object', () => ({ topics: [general] })],
    ['answers numbers', () => [1, 2, 3]],
    ['answers null among topics', () => [general, null]],
    ['answers ids that are no topics', () => [general, 'general']],
    ['answers a topic without an id', () => ['CHANNEL:']],
    ['answers a topic without a type', () => [':general']],
    ['answers a topic with too long an id', () => [`CHANNEL:${'x'.repeat(256)}`]],
    ['answers an iterator that throws', () => Promise.resolve(anIteratorThatThrows)],
    ['answers an async iterable', () => ({ [Symbol.asyncIterator]: () => ({}) })],
    [
      'answers a thenable that throws',
      () => ({
        then: () => {
          throw new Error('not today');
        },
      }),
    ],
  ];

  it.each(cases)(
    'and %s sends a new client away, and keeps a live one going by its last answer',
    async (_, says) => {
      await start({ options: { membershipOptions: { timeoutMs: 100 } } });
      host.source.put('ann', general);
      const [ann, other] = [await join('ann'), await join('ann')];
      host.source.topicsOf = says as (userId: string) => Topic[];
      const bob = open(host.url, tokenOf('bob'));
      expect(await bob.closed).toEqual(COME_BACK);
      expect(bob.frames).toEqual([]);
      expect([...host.registry.users()]).toEqual(['ann']);
      void host.memberships.changed('ann');
      say('general', 'meanwhile');
      say('random', 'elsewhere');
      expect(await seenBy(host, 'ann', ann, other)).toEqual([['meanwhile'], ['meanwhile']]);
      void host.memberships.left('ann', general);
      say('general', 'left');
      expect(await seenBy(host, 'ann', ann, other)).toEqual([[], []]);
      expect(host.lines).toEqual([expect.stringContaining(NOBODY_CAN_READ)]);
    },
  );

  it('says so once, however many users it is about', async () => {
    await start();
    host.source.topicsOf = () => Promise.reject(new Error('no database'));
    const clients = ['u1', 'u2', 'u3', 'u4'].map((userId) => open(host.url, tokenOf(userId)));
    for (const client of clients) expect(await client.closed).toEqual(COME_BACK);
    expect(host.lines).toHaveLength(1);
  });

  it('is asked again by itself, and its answer takes effect', async () => {
    await start();
    host.source.put('ann', general);
    const ann = await join('ann');
    const answers = HeldAnswers.of(host.source, 'ann');
    void host.memberships.changed('ann');
    (await answers.next()).fail(new Error('no database'));
    say('general', 'by the last answer');
    expect(await seen(host, 'ann', ann)).toEqual(['by the last answer']);
    (await answers.next()).answer([random]);
    say('general', 'left');
    say('random', 'by the new answer');
    expect(await seen(host, 'ann', ann)).toEqual(['by the new answer']);
  });

  it('does not stand in the way of a device that is live while another one is sent away', async () => {
    await start();
    host.source.put('ann', general);
    const first = await join('ann');
    host.source.topicsOf = () => Promise.reject(new Error('no database'));
    const second = open(host.url, tokenOf('ann'));
    expect(await second.closed).toEqual(COME_BACK);
    say('general', 'to the first');
    expect(await seen(host, 'ann', first)).toEqual(['to the first']);
  });
});

describe('the periodic question', () => {
  let answers: HeldAnswers;
  let ann: TestClient;

  beforeEach(async () => {
    await start({ options: { membershipOptions: { recheckMs: 100 } } });
    host.source.put('ann', general);
    ann = await join('ann');
    answers = HeldAnswers.of(host.source, 'ann');
  });

  it('adds and removes what the host did not say', async () => {
    const call = await answers.next();
    say('general', 'before');
    say('random', 'before');
    expect(await seen(host, 'ann', ann)).toEqual(['before']);
    call.answer([random]);
    say('general', 'after');
    say('random', 'after');
    expect(await seen(host, 'ann', ann)).toEqual(['after']);
  });

  it('delivers everything live meanwhile', async () => {
    const call = await answers.next();
    say('general', '1');
    say('general', '2');
    expect(await seen(host, 'ann', ann)).toEqual(['1', '2']);
    call.answer([general]);
    say('general', '3');
    expect(await seen(host, 'ann', ann)).toEqual(['3']);
  });

  it('loses against a left that comes while it is under way', async () => {
    const call = await answers.next();
    void host.memberships.left('ann', general);
    say('general', 'left');
    await everythingIsApplied();
    call.answer([general, random]);
    say('general', 'still left');
    say('random', 'elsewhere');
    expect(await seen(host, 'ann', ann)).toEqual(['elsewhere']);
  });
});

describe('an answer that takes longer than recheckMs', () => {
  it('loses against a left that came since it was asked for', async () => {
    await start({ options: { membershipOptions: { recheckMs: 20 } } });
    const answers = HeldAnswers.of(host.source, 'ann');
    const ann = open(host.url, tokenOf('ann'));
    const call = await answers.next();
    await host.memberships.left('ann', general);
    for (const end = performance.now() + 40; performance.now() < end;) await everythingIsApplied();
    call.answer([general, random]);
    await ann.next();
    say('general', 'left');
    say('random', 'elsewhere');
    expect(await seen(host, 'ann', ann)).toEqual(['elsewhere']);
  });
});

describe('a host without memberships', () => {
  it('loses nothing at a changed', async () => {
    await start({ withMemberships: false });
    const ann = await join('ann');
    void host.live.updateStatus({ to: toEveryone() });
    void host.memberships.changed('ann');
    void host.live.message(messageRow('ann', { recipient_type: 'USER', content: 'hello' }));
    expect((await seen(host, 'ann', ann)).sort()).toEqual(['UPDATE_STATUS', 'hello']);
  });
});

describe('what is no id or topic', () => {
  beforeEach(() => start());

  it.each([[''], ['x'.repeat(256)], [[1]], [['ann', '']], [[null]]])(
    'gets a TypeError as the users %j, and changes nothing',
    async (userIds) => {
      host.source.put('ann', general);
      const ann = await join('ann');
      await expect(host.memberships.left(userIds as string[], general)).rejects.toThrow(TypeError);
      await expect(host.memberships.joined(userIds as string[], general)).rejects.toThrow(TypeError);
      await expect(host.memberships.changed(userIds as string[])).rejects.toThrow(TypeError);
      say('general', 'still there');
      expect(await seen(host, 'ann', ann)).toEqual(['still there']);
    },
  );

  it.each([[''], ['general'], ['CHANNEL:'], [':general'], [7], [null], [undefined]])(
    'gets a TypeError as the topic %j',
    async (no) => {
      await expect(host.memberships.left('ann', no as Topic)).rejects.toThrow(TypeError);
      await expect(host.memberships.joined('ann', no as Topic)).rejects.toThrow(TypeError);
      await expect(host.memberships.closed(no as Topic)).rejects.toThrow(TypeError);
    },
  );
});
