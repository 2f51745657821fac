import fc from 'fast-check';
import { Audience, toEveryone, toTopic, toUsers } from '../log/audience';
import { LogRecord } from '../log/records';
import { topic } from '../protocol/topic';
import { AudienceIndex } from './audience-index';

const names = ['a', 'b', 'c'];
const many = Array.from({ length: 40 }, (_, index) => `user-${index}`);
const audiences: Audience[] = [
  toEveryone(),
  ...names.map((name) => toTopic('CHANNEL', name)),
  ...names.map((name) => toTopic('USER', name)),
  ...names.map((name) => toUsers([name])),
  toUsers(names),
  toUsers([...many, 'a']),
];

/** Whether an audience can be for a user in these topics; a large one of users is everyone's to look at. */
function canBeFor({ target }: Audience, userId: string, topics: readonly string[]): boolean {
  if (target.kind === 'everyone') return true;
  if (target.kind === 'users') return target.userIds.length > 32 || target.userIds.includes(userId);
  return topics.includes(target.topic) || target.topic === topic('USER', userId);
}

describe('AudienceIndex', () => {
  it('finds what a look at every record would find, whatever was added and let go', () => {
    const step = fc.oneof(fc.constantFrom(...audiences), fc.constant('drop' as const));
    const query = fc.record({
      userId: fc.constantFrom(...names),
      topics: fc.subarray(names),
      after: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), query, (steps, { userId, topics, after }) => {
        const index = new AudienceIndex();
        const held: { seq: number; audience: Audience }[] = [];
        const toRecord = (seq: number, audience: Audience) =>
          ({ position: { epoch: 1, seq }, at: 0, body: { kind: 'event', audience } }) as LogRecord;
        let seq = 0;
        for (const each of steps) {
          if (each === 'drop') {
            const oldest = held.shift();
            if (oldest) index.drop(toRecord(oldest.seq, oldest.audience));
          } else {
            seq += 1;
            held.push({ seq, audience: each });
            index.add(toRecord(seq, each));
          }
        }
        const keys = topics.map((name) => topic('CHANNEL', name));
        const expected = held
          .filter((one) => one.seq > after && canBeFor(one.audience, userId, keys))
          .map((one) => one.seq);
        expect(index.find(userId, keys, after)).toEqual(expected);
        for (const { seq: gone, audience } of held) index.drop(toRecord(gone, audience));
        expect(index['byKey'].size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
