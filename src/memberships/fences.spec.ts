import fc from 'fast-check';
import { LogRecord, MembershipRecord } from '../log/records';
import { Topic, topic } from '../protocol/topic';
import { Fences } from './fences';

const [A, B] = [topic('CHANNEL', 'a'), topic('CHANNEL', 'b')];
const USERS = ['ann', 'bob'];
const BEATS_MS = 100;
const KEPT_MS = 200;

type Body = MembershipRecord;
const durable = true;
const kind = 'membership' as const;

const joined = (topicOf: Topic, ...userIds: string[]): Body => ({
  kind,
  durable,
  change: 'joined',
  userIds,
  topic: topicOf,
});
const left = (topicOf: Topic, ...userIds: string[]): Body => ({
  kind,
  durable,
  change: 'left',
  userIds,
  topic: topicOf,
});
const closed = (topicOf: Topic): Body => ({ kind, durable, change: 'closed', topic: topicOf });
const changed = (...userIds: string[]): Body => ({ kind, durable, change: 'changed', userIds });

const place = (seq: number) => ({ epoch: 1, seq });

/** Records at the places 1, 2, 3, … of the log, all of them at the same time unless it says otherwise. */
function logOf(bodies: readonly Body[], at: (index: number) => number = () => 0): LogRecord<Body>[] {
  return bodies.map((body, index) => ({ position: place(index + 1), at: at(index), body }));
}

function fencesOf(log: readonly LogRecord<Body>[]): Fences {
  const fences = new Fences(BEATS_MS, KEPT_MS);
  for (const record of log) fences.add(record);
  return fences;
}

function concerns({ body }: LogRecord<Body>, userId: string, key: Topic): boolean {
  if (body.change === 'closed') return body.topic === key;
  return body.userIds.includes(userId) && (body.change === 'changed' || body.topic === key);
}

/** "On a node" of event-log.md: the host's answer, and then what the log said that it could not know yet, in turn. */
function naiveAnswer(
  log: readonly LogRecord<Body>[],
  userId: string,
  answer: Set<Topic>,
  askedAt: number,
  now: number,
) {
  const own = log.filter((record) => concerns(record, userId, A) || concerns(record, userId, B));
  const end = own.findLastIndex(({ body, position }) => body.change === 'changed' && position.seq <= askedAt);
  const topics = new Set(answer);
  for (const { body, at } of own.slice(end + 1)) {
    if (at <= now - BEATS_MS || body.change === 'changed') continue;
    if (body.change === 'joined') topics.add(body.topic);
    else topics.delete(body.topic);
  }
  return topics;
}

/** What lies between a `left` and the next `joined` or `changed` is never sent. */
function naiveBars(log: readonly LogRecord<Body>[], userId: string, key: Topic, seq: number): boolean {
  const last = log.filter((record) => record.position.seq < seq && concerns(record, userId, key)).at(-1);
  return last?.body.change === 'left' || last?.body.change === 'closed';
}

const someUsers = fc.subarray(USERS, { minLength: 1 });
const someTopic = fc.constantFrom(A, B);
const body: fc.Arbitrary<Body> = fc.oneof(
  fc.tuple(someTopic, someUsers).map(([key, users]) => joined(key, ...users)),
  fc.tuple(someTopic, someUsers).map(([key, users]) => left(key, ...users)),
  someTopic.map((key) => closed(key)),
  someUsers.map((users) => changed(...users)),
);
const log = fc.array(fc.tuple(body, fc.nat({ max: 40 })), { maxLength: 14 }).map((entries) => {
  let at = 0;
  const times = entries.map(([, pause]) => (at += pause));
  return logOf(
    entries.map(([each]) => each),
    (index) => times[index]!,
  );
});
const answers = fc.subarray([A, B]).map((topics) => new Set(topics));

/** Asked no earlier than the last fence that has had its time: the older ones have a test of their own below. */
function askedLateEnough(records: readonly LogRecord<Body>[], askedAt: number, now: number): number {
  return Math.max(askedAt, records.findLast(({ at }) => at <= now - BEATS_MS)?.position.seq ?? 0);
}

describe('Fences', () => {
  it('correct an answer as the naive reading of the log does', () => {
    fc.assert(
      fc.property(
        log,
        answers,
        fc.nat({ max: 15 }),
        fc.nat({ max: 300 }),
        (records, answer, anyPlace, later) => {
          const now = (records.at(-1)?.at ?? 0) + later;
          const askedAt = askedLateEnough(records, anyPlace, now);
          const fences = fencesOf(records);
          for (const userId of USERS) {
            const before = new Set(answer);
            const corrected = fences.correct(userId, answer, place(askedAt), now);
            expect(corrected).toEqual(naiveAnswer(records, userId, answer, askedAt, now));
            expect(answer).toEqual(before);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('bar the places that the naive reading of the log bars', () => {
    fc.assert(
      fc.property(log, (records) => {
        const fences = fencesOf(records);
        for (const userId of USERS) {
          for (const key of [A, B]) {
            for (let seq = 0; seq <= records.length + 1; seq += 1) {
              expect(fences.bars(userId, key, place(seq))).toBe(naiveBars(records, userId, key, seq));
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('say the same after what has had its time was forgotten', () => {
    fc.assert(
      fc.property(
        log,
        answers,
        fc.nat({ max: 15 }),
        fc.nat({ max: 300 }),
        (records, answer, anyPlace, later) => {
          const now = (records.at(-1)?.at ?? 0) + later;
          const askedAt = askedLateEnough(records, anyPlace, now);
          const fences = fencesOf(records);
          fences.prune(now);
          const kept = records.filter(({ at }) => at > now - KEPT_MS);
          for (const userId of USERS) {
            const corrected = fences.correct(userId, answer, place(askedAt), now);
            expect(corrected).toEqual(naiveAnswer(records, userId, answer, askedAt, now));
            for (const { position } of kept) {
              for (const key of [A, B]) {
                const expected = naiveBars(kept, userId, key, position.seq + 1);
                expect(fences.bars(userId, key, place(position.seq + 1))).toBe(expected);
              }
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  describe('for one user', () => {
    const corrected = (records: readonly Body[], answer: Topic[], askedAt = 0, now = 0) =>
      [...fencesOf(logOf(records)).correct('ann', new Set(answer), place(askedAt), now)].sort();

    it('let a left beat an answer for so long', () => {
      expect(corrected([left(A, 'ann')], [A, B], 1, BEATS_MS - 1)).toEqual([B]);
      expect(corrected([left(A, 'ann')], [A, B], 1, BEATS_MS)).toEqual([A, B]);
    });

    it('let a joined and a closed beat an answer for so long', () => {
      expect(corrected([joined(A, 'ann'), closed(B)], [B], 2, BEATS_MS - 1)).toEqual([A]);
      expect(corrected([joined(A, 'ann'), closed(B)], [B], 2, BEATS_MS)).toEqual([B]);
    });

    it('end at a changed, for an answer that was asked for at it or later', () => {
      const records = [left(A, 'ann'), changed('ann')];
      expect(corrected(records, [A], 1)).toEqual([]);
      expect(corrected(records, [A], 2)).toEqual([A]);
      expect(corrected(records, [A], 3)).toEqual([A]);
    });

    it('begin again after a changed', () => {
      expect(corrected([changed('ann'), left(A, 'ann')], [A], 9)).toEqual([]);
      expect(corrected([changed('ann'), closed(A)], [A], 9)).toEqual([]);
    });

    it('do not end at the changed of another user', () => {
      expect(corrected([left(A, 'ann'), changed('bob')], [A], 9)).toEqual([]);
      expect(corrected([closed(A), changed('bob')], [A], 9)).toEqual([]);
    });

    it('let the last word about a topic win', () => {
      expect(corrected([left(A, 'ann'), joined(A, 'ann')], [], 9)).toEqual([A]);
      expect(corrected([joined(A, 'ann'), left(A, 'ann')], [A], 9)).toEqual([]);
      expect(corrected([joined(A, 'ann'), closed(A)], [A], 9)).toEqual([]);
      expect(corrected([closed(A), joined(A, 'ann')], [], 9)).toEqual([A]);
    });
  });

  it('beat an answer that was asked for before them, however old it is by now', () => {
    const fences = fencesOf(logOf([left(A, 'ann'), closed(B)]));
    const answer = fences.correct('ann', new Set([A, B]), place(0), BEATS_MS + 1);
    expect([...answer]).toEqual([]);
  });

  it('keep nothing of those who have had their time', () => {
    const fences = fencesOf(logOf([left(A, 'ann'), joined(A, 'bob'), closed(B), changed('ann', 'bob')]));
    fences.prune(KEPT_MS - 1);
    expect([fences['ofUser'].size, fences['ofClosedTopic'].size]).toEqual([2, 1]);
    fences.prune(KEPT_MS);
    expect([fences['ofUser'].size, fences['ofClosedTopic'].size]).toEqual([0, 0]);
  });
});
