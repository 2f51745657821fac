import { Gathering } from './gathering';

/** What it says once records have come evenly for a second, so many in each millisecond. */
function waitAt(aMillisecond: number, nodes: number): number {
  const gathering = new Gathering(() => nodes, 10);
  let wait = 0;
  for (let now = 0; now <= 1_000; now += 10) wait = gathering.after(aMillisecond * 10, now);
  return wait;
}

it('reads at once what comes one by one, and gathers the longer the faster records come', () => {
  expect([0.1, 1, 1.4, 1.6, 3, 5, 100].map((pace) => waitAt(pace, 2))).toEqual([0, 0, 0, 4, 6, 10, 10]);
});

it('gathers sooner where many nodes wake one Redis, and never what is slow', () => {
  expect([10, 20, 30, 50, 1_000].map((nodes) => waitAt(0.8, nodes))).toEqual([0, 2, 2, 2, 2]);
  expect([10, 50, 1_000].map((nodes) => waitAt(0.4, nodes))).toEqual([0, 0, 0]);
});
