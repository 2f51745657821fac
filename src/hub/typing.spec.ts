import { toEveryone } from '../log/audience';
import { LogRecord, TypingRecord } from '../log/records';
import { Topic, topic } from '../protocol/topic';
import { Typing, typingKey } from './typing';

const general = topic('CHANNEL', 'general');

function indicator(author: string, at: number, where: Topic = general): LogRecord<TypingRecord> {
  const body = {
    kind: 'typing',
    json: '{}',
    audience: toEveryone(),
    author,
    topic: where,
    durable: false,
  } as const;
  return { position: { epoch: 1, seq: 0 }, at, body };
}

describe('Typing', () => {
  let typing: Typing;
  const admits = (author: string, now: number, where?: Topic) =>
    typing.admits(indicator(author, now, where), now);

  beforeEach(() => (typing = new Typing({ throttleMs: 2_000, lifeMs: 5_000 })));

  it('lets one through per throttle, counted from the one that went through', () => {
    const times = [0, 500, 1_999, 2_000, 2_001, 3_999, 4_000];
    expect(times.map((now) => admits('ann', now))).toEqual([true, false, false, true, false, false, true]);
  });

  it('has a slot for each user in each topic', () => {
    expect(admits('ann', 0)).toBe(true);
    expect(admits('bob', 0)).toBe(true);
    expect(admits('ann', 0, topic('CHANNEL', 'random'))).toBe(true);
    expect(admits('ann', 0, topic('TEAM', 'general'))).toBe(true);
    expect(admits('ann', 1)).toBe(false);
  });

  it('keeps slots apart whatever stands in the ids', () => {
    expect(typingKey(topic('CHANNEL', 'a'), 'bc')).not.toBe(typingKey(topic('CHANNEL', 'ab'), 'c'));
    expect(typingKey(topic('CHANNEL', 'a:1'), '1')).not.toBe(typingKey(topic('CHANNEL', 'a'), ':11'));
  });

  it('drops what is as old as its life, and that does not take the slot', () => {
    expect(typing.admits(indicator('ann', 0), 5_000)).toBe(false);
    expect(typing.admits(indicator('ann', 1), 5_000)).toBe(true);
  });

  it('starts anew when the user’s message in that topic is there', () => {
    admits('ann', 0);
    admits('bob', 0);
    typing.overtaken(topic('CHANNEL', 'random'), 'ann');
    expect(admits('ann', 1)).toBe(false);
    typing.overtaken(general, 'ann');
    expect([admits('ann', 2), admits('bob', 2), admits('ann', 3)]).toEqual([true, false, false]);
  });

  it('lets everything through without a throttle', () => {
    typing = new Typing({ throttleMs: 0, lifeMs: 5_000 });
    expect([admits('ann', 0), admits('ann', 0), admits('ann', 0)]).toEqual([true, true, true]);
  });

  it('remembers nobody for longer than the throttle', () => {
    for (let user = 0; user < 100; user += 1) admits(`user ${user}`, user);
    admits('somebody', 2_050);
    expect(typing['lastAt'].size).toBe(50);
  });
});
