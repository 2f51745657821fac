import { inspect } from 'node:util';
import { plainError, verdictOf } from './redis-error';

it.each([
  ['REFUSED OOM command not allowed when used memory > maxmemory', 'refused'],
  ['REFUSED ERR anything that the script has seen before it wrote', 'refused'],
  ['OOM command not allowed', 'refused'],
  ["NOPERM User live has no permissions to run the 'evalsha' command", 'refused'],
  ['REFUSED READONLY You can’t write against a read only replica.', 'elsewhere'],
  ['LOADING Redis is loading the dataset in memory', 'elsewhere'],
  ['ERR Error running script', 'unknown'],
  ['STALE a later batch', 'unknown'],
  ['Connection is closed.', 'unknown'],
  ['no answer within 5000 ms', 'unknown'],
  ['', 'unknown'],
])('%s: %s', (message, verdict) => {
  expect(verdictOf(new Error(message))).toBe(verdict);
});

it('keeps the message, and nothing of the command', () => {
  const error = Object.assign(new Error('REFUSED OOM no room'), {
    command: { name: 'auth', args: ['s3cret'] },
  });
  expect(plainError(error).message).toBe('OOM no room');
  expect(inspect(plainError(error))).not.toContain('s3cret');
  expect(plainError(Object.assign(new Error(''), { code: 'ECONNREFUSED' })).message).toBe('ECONNREFUSED');
  expect(plainError(undefined).message).toBe('the connection failed');
});
