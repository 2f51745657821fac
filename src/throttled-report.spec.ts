import { throttledReport } from './throttled-report';

/** A logger that keeps what it is told. */
function listen() {
  const lines: { message: unknown; stack: unknown }[] = [];
  const error = (message: unknown, stack?: unknown) => lines.push({ message, stack });
  const report = throttledReport({ error, log: () => undefined, warn: () => undefined });
  return { lines, report, messages: () => lines.map(({ message }) => message) };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('writes the first line at once, with what the error says and where it was thrown', () => {
  const { lines, report } = listen();
  const error = new Error('no answer');
  report('It failed', error);
  expect(lines).toEqual([{ message: 'It failed: no answer', stack: error.stack }]);
});

it('writes a line without an error, or with what is none, as it is', () => {
  const { lines, report } = listen();
  report('It failed');
  report('It failed too', 'a text that may be anything');
  expect(lines).toEqual([
    { message: 'It failed', stack: undefined },
    { message: 'It failed too', stack: undefined },
  ]);
});

it('keeps back the same line for 10 s, and then says how often', () => {
  const { report, messages } = listen();
  report('It failed', new Error('first'));
  for (let count = 0; count < 10_000; count += 1) report('It failed', new Error('again'));
  jest.advanceTimersByTime(9_999);
  report('It failed', new Error('again'));
  expect(messages()).toEqual(['It failed: first']);
  jest.advanceTimersByTime(1);
  report('It failed', new Error('later'));
  expect(messages().at(-1)).toBe('It failed (and 10001 times since the last such line): later');
});

it('counts anew after each line', () => {
  const { report, messages } = listen();
  report('It failed');
  report('It failed');
  jest.advanceTimersByTime(10_000);
  report('It failed');
  jest.advanceTimersByTime(10_000);
  report('It failed');
  expect(messages()).toEqual(['It failed', 'It failed (and 1 times since the last such line)', 'It failed']);
});

it('keeps a line that repeats all the time at one in 10 s', () => {
  const { report, messages } = listen();
  for (let ms = 0; ms < 60_000; ms += 100) {
    report('It failed');
    jest.advanceTimersByTime(100);
  }
  expect(messages()).toHaveLength(6);
});

it('keeps different lines apart', () => {
  const { report, messages } = listen();
  report('This failed');
  report('That failed');
  report('This failed');
  expect(messages()).toEqual(['This failed', 'That failed']);
});
