import { toTopic } from '../log/audience';
import { LogRecord } from '../log/records';
import { topic } from '../protocol/topic';
import { compact } from './compaction';

function event(type: string, channel: string, subject?: string): LogRecord {
  const body = {
    kind: 'event',
    type,
    json: '{}',
    audience: toTopic('CHANNEL', channel),
    durable: true,
  } as const;
  const about = { topic: topic('CHANNEL', channel), subject };
  return { position: { epoch: 1, seq: 1 }, at: 0, body: { ...body, ...about } };
}

const typesOf = (records: LogRecord[]) => records.map(({ body }) => (body as { type: string }).type);

describe('compact', () => {
  it('leaves of several edits the last, of a deleted message its deletion, and what comes after that', () => {
    const of = (type: string) => event(type, 'a', 'm');
    const [MESSAGE, EDIT, DELETE] = ['MESSAGE', 'EDIT_MESSAGE', 'DELETE_MESSAGE'] as const;
    expect(typesOf(compact([MESSAGE, EDIT, EDIT].map(of)))).toEqual([MESSAGE, EDIT]);
    expect(typesOf(compact([MESSAGE, EDIT, DELETE].map(of)))).toEqual([DELETE]);
    expect(typesOf(compact([MESSAGE, DELETE, MESSAGE, EDIT].map(of)))).toEqual([DELETE, MESSAGE, EDIT]);
  });

  it('tells messages and topics apart, whatever characters are in their ids', () => {
    const records = [event('MESSAGE', 'a', 'b c'), event('DELETE_MESSAGE', 'a b', 'c')];
    expect(compact(records)).toEqual(records);
  });

  it('leaves what is about no message', () => {
    const records = [event('REACTION', 'a'), event('REACTION', 'a'), event('DELETE_MESSAGE', 'a', 'm')];
    expect(compact(records)).toEqual(records);
  });
});
