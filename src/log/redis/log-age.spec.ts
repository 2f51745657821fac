import { LogAge } from './log-age';

const place = (seq: number) => ({ epoch: 7, seq });

it('names the last place that is older than it may be, once', () => {
  const age = new LogAge(1_000);
  expect(age.outlived(place(1), 10_000)).toBeUndefined();
  expect(age.outlived(place(2), 10_500)).toBeUndefined();
  expect(age.outlived(place(3), 10_999)).toBeUndefined();
  expect(age.outlived(place(4), 11_000)).toEqual(place(1));
  expect(age.outlived(place(4), 11_001)).toBeUndefined();
  expect(age.outlived(place(5), 13_000)).toEqual(place(4));
});
