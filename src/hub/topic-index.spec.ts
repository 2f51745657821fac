import fc from 'fast-check';
import { Topic, topic } from '../protocol/topic';
import { LiveUser } from './live-user';
import { TopicIndex } from './topic-index';

const TOPICS = ['a', 'b', 'c', 'd'].map((id) => topic('CHANNEL', id));

const user = fc.nat({ max: 2 });
const one = fc.constantFrom(...TOPICS);
const some = fc.uniqueArray(one);
const change = fc.oneof(
  fc.record({ what: fc.constant('replace' as const), user, topics: some }),
  fc.record({ what: fc.constantFrom('add' as const, 'delete' as const), user, topic: one }),
);

describe('TopicIndex', () => {
  it('has each user in exactly his topics, whatever changes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const index = new TopicIndex();
        const users = [new LiveUser('ann'), new LiveUser('bob'), new LiveUser('cid')];
        const model = users.map(() => new Set<Topic>());
        for (const each of changes) {
          if (each.what === 'replace') {
            index.replace(users[each.user]!, new Set(each.topics));
            model[each.user] = new Set(each.topics);
          } else {
            index[each.what](users[each.user]!, each.topic);
            model[each.user]![each.what](each.topic);
          }
          for (const key of TOPICS) {
            const expected = users.filter((_, position) => model[position]!.has(key));
            expect(new Set(index.membersOf(key) ?? [])).toEqual(new Set(expected));
          }
          users.forEach((who, position) => expect(new Set(who.topics)).toEqual(model[position]));
        }
      }),
    );
  });

  it('keeps nothing of a topic that the last one has left', () => {
    const index = new TopicIndex();
    const ann = new LiveUser('ann');
    index.add(ann, TOPICS[0]!);
    index.delete(ann, TOPICS[0]!);
    index.replace(ann, new Set(TOPICS));
    index.replace(ann, new Set());
    expect(TOPICS.map((key) => index.membersOf(key))).toEqual([undefined, undefined, undefined, undefined]);
    expect(index['members'].size).toBe(0);
  });

  it('does not change a set of topics that somebody else holds', () => {
    const index = new TopicIndex();
    const ann = new LiveUser('ann');
    const answer = new Set([TOPICS[0]!]);
    index.replace(ann, answer);
    index.add(ann, TOPICS[1]!);
    index.delete(ann, TOPICS[0]!);
    expect([...answer]).toEqual([TOPICS[0]]);
  });
});
