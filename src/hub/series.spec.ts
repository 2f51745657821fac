import { Audience, toEveryone, toTopic, toUsers } from '../log/audience';
import { LogRecord } from '../log/records';
import { seriesOf } from './series';

function event(audience: Audience): LogRecord {
  const body = { kind: 'event', type: 'MESSAGE', json: '{}', audience, durable: true } as const;
  return { position: { epoch: 1, seq: 1 }, at: 0, body };
}

function kick(): LogRecord {
  return {
    position: { epoch: 1, seq: 1 },
    at: 0,
    body: { kind: 'disconnect', userId: 'ann', durable: true },
  };
}

describe('a batch', () => {
  it.each<[what: string, records: LogRecord[], lengths: number[]]>([
    ['of nothing has no series', [], []],
    ['of one topic is one', [event(toTopic('CHANNEL', 'a')), event(toTopic('CHANNEL', 'a'))], [2]],
    ['for everyone is one', [event(toEveryone()), event(toEveryone()), event(toEveryone())], [3]],
    [
      'of two topics is cut between them',
      [event(toTopic('CHANNEL', 'a')), event(toTopic('CHANNEL', 'b'))],
      [1, 1],
    ],
    ['is cut where somebody is left out', [event(toEveryone()), event(toEveryone().except(['ann']))], [1, 1]],
    [
      'is cut between users, who are not compared',
      [event(toUsers(['ann'])), event(toUsers(['ann']))],
      [1, 1],
    ],
    ['is cut by what is no event', [event(toEveryone()), kick(), kick(), event(toEveryone())], [1, 1, 1, 1]],
  ])('%s', (_what, records, lengths) => {
    const series = seriesOf(records);
    expect(series.map(({ length }) => length)).toEqual(lengths);
    expect(series.flat()).toEqual(records);
  });

  it('keeps events with the very same audience together', () => {
    const audience = toUsers(['ann']).except(['bob']);
    expect(seriesOf([event(audience), event(audience)])).toHaveLength(1);
  });
});
