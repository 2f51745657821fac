import { Pace } from './pace';

it('says how many come in a millisecond, of the last span that is over', () => {
  const pace = new Pace();
  pace.after(1, 1_000);
  expect(pace.after(299, 1_050)).toBe(0.001);
  expect(pace.after(1, 1_100)).toBe(3);
  expect(pace.after(1_000, 1_150)).toBe(3);
});

it('forgets what was, over a pause', () => {
  const pace = new Pace();
  pace.after(0, 1_000);
  expect(pace.after(500, 1_100)).toBe(5);
  expect(pace.after(1, 2_100)).toBe(0.001);
});
