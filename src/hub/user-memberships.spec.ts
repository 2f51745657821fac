import { FakeSocket } from '../../test/support/fake-connection';
import { Position } from '../log/position';
import { LogRecord, MembershipRecord } from '../log/records';
import { Fences } from '../memberships/fences';
import { MembershipReader } from '../memberships/membership-reader';
import { Topic, topic } from '../protocol/topic';
import { Connection } from './connection';
import { LiveUser } from './live-user';
import { LiveUsers } from './live-users';
import { TopicIndex } from './topic-index';
import { UserMemberships } from './user-memberships';

const [A, B] = [topic('CHANNEL', 'a'), topic('CHANNEL', 'b')];
const RECHECK_MS = 10_000;
const TIMEOUT_MS = 5_000;

/** Runs what the fake clock does not: the answers of the host, which come as promises. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

describe('UserMemberships', () => {
  let answer: (userId: string) => Topic[] | Promise<Topic[]>;
  let asked: { userId: string; at: number }[];
  let head: Position;
  let users: LiveUsers;
  let memberships: UserMemberships;
  let outcomes: string[];
  let lines: string[];
  let ann: LiveUser;

  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    asked = [];
    outcomes = [];
    lines = [];
    head = { epoch: 1, seq: 0 };
    answer = () => [A];
    users = new LiveUsers();
    const source = {
      topicsOf: (userId: string) => {
        asked.push({ userId, at: Date.now() });
        return answer(userId);
      },
    };
    memberships = new UserMemberships(
      new MembershipReader(source, { concurrency: 50, timeoutMs: TIMEOUT_MS }),
      RECHECK_MS,
      users,
      new TopicIndex(),
      new Fences(RECHECK_MS, RECHECK_MS),
      () => head,
      (user, outcome) => outcomes.push(`${user.id} ${outcome}`),
      (line) => lines.push(line),
    );
    ann = users.add(new Connection({ userId: 'ann' }, new FakeSocket(), { position: head }));
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  function append(body: MembershipRecord): void {
    head = { epoch: 1, seq: head.seq + 1 };
    const record: LogRecord<MembershipRecord> = { position: head, at: Date.now(), body };
    memberships.apply(record);
  }

  const left = (key: Topic) =>
    append({ kind: 'membership', durable: true, change: 'left', userIds: ['ann'], topic: key });

  /** Lets the clock run, and looks whose time has come once a second, as the hub does. */
  async function wait(ms: number): Promise<void> {
    for (const end = Date.now() + ms; Date.now() < end;) {
      jest.advanceTimersByTime(Math.min(1_000, end - Date.now()));
      memberships.recheck(Date.now());
      await settled();
    }
  }

  it('asks about a connected user every recheckMs, somewhere in its second half', async () => {
    const random = jest.spyOn(Math, 'random');
    random.mockReturnValue(0);
    memberships.ask(ann);
    await settled();
    await wait(4_000);
    expect(asked).toHaveLength(1);
    random.mockReturnValue(0.999);
    await wait(1_000);
    expect(asked.map(({ at }) => at)).toEqual([0, 5_000]);
    await wait(9_000);
    expect(asked).toHaveLength(2);
    await wait(1_000);
    expect(asked.map(({ at }) => at)).toEqual([0, 5_000, 15_000]);
    expect(outcomes).toEqual(['ann known', 'ann known', 'ann known']);
  });

  it('lets a fence beat what the host still answers when it is asked again, for recheckMs', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    memberships.ask(ann);
    await settled();
    await wait(1_000);
    left(A);
    expect([...ann.topics]).toEqual([]);
    await wait(4_000);
    expect(asked).toHaveLength(2);
    expect([...ann.topics]).toEqual([]);
    await wait(5_000);
    expect(asked).toHaveLength(3);
    expect([...ann.topics]).toEqual([]);
    await wait(5_000);
    expect(asked).toHaveLength(4);
    expect([...ann.topics]).toEqual([A]);
  });

  it('takes what the host answers anew, and what it answers no more', async () => {
    memberships.ask(ann);
    await settled();
    expect([...ann.topics]).toEqual([A]);
    answer = () => [B];
    await wait(RECHECK_MS);
    expect([...ann.topics]).toEqual([B]);
  });

  it('asks a host that fails again after 1, 2, 4, … seconds, half of it at random, and at most after recheckMs', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    answer = () => Promise.reject(new Error('no database'));
    memberships.ask(ann);
    await settled();
    await wait(45_000);
    expect(asked.map(({ at }) => at / 1_000)).toEqual([0, 1, 3, 7, 15, 25, 35, 45]);
    expect(lines).toHaveLength(8);
    answer = () => [B];
    await wait(10_000);
    expect([...ann.topics]).toEqual([B]);
    answer = () => Promise.reject(new Error('no database'));
    await wait(10_000 + 1_000);
    const [last, again] = asked.slice(-2);
    expect(again!.at - last!.at).toBe(1_000);
  });

  it('goes on by the last answer while the host fails, and by what the log says', async () => {
    answer = () => [A, B];
    memberships.ask(ann);
    await settled();
    answer = () => Promise.reject(new Error('no database'));
    memberships.ask(ann);
    await settled();
    expect([...ann.topics]).toEqual([A, B]);
    left(A);
    expect([...ann.topics]).toEqual([B]);
    expect(outcomes).toEqual(['ann known', 'ann failed']);
  });

  it('gives a call its time, and then goes on without it', async () => {
    answer = () => new Promise(() => undefined);
    memberships.ask(ann);
    await settled();
    jest.advanceTimersByTime(TIMEOUT_MS - 1);
    await settled();
    expect(outcomes).toEqual([]);
    jest.advanceTimersByTime(1);
    await settled();
    expect(outcomes).toEqual(['ann failed']);
  });

  it('asks one call at a time about a user, and nothing about one who is gone', async () => {
    let resolve = (_topics: Topic[]) => undefined as void;
    answer = () => new Promise((done) => (resolve = done));
    for (let time = 0; time < 3; time += 1) memberships.ask(ann);
    memberships.recheck(Number.MAX_SAFE_INTEGER);
    expect(asked).toHaveLength(1);
    for (const connection of [...ann.connections]) users.remove(connection);
    memberships.forget(ann);
    resolve([A]);
    await settled();
    await wait(RECHECK_MS * 2);
    expect(asked).toHaveLength(1);
    expect(outcomes).toEqual([]);
    expect([...ann.topics]).toEqual([]);
  });

  it('leaves no timer behind after an answer', async () => {
    memberships.ask(ann);
    await settled();
    await wait(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
