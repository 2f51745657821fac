import { setImmediate as turn } from 'node:timers/promises';
import { UpgradeQueue } from './upgrade-queue';

/** Takes the CPU for so long. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('UpgradeQueue', () => {
  it('starts what is added in order, the first of it at once', async () => {
    const queue = new UpgradeQueue();
    const started: number[] = [];
    for (let job = 0; job < 5; job += 1) queue.add(() => started.push(job));
    expect(started).toEqual([0]);
    await turn();
    expect(started).toEqual([0, 1, 2, 3, 4]);
    queue.add(() => started.push(5));
    expect(started).toHaveLength(6);
  });

  it('gives way to others when it has taken too long, also with what its jobs do later', async () => {
    const queue = new UpgradeQueue();
    const started: number[] = [];
    const startedAtTurn: number[] = [];
    for (let job = 0; job < 12; job += 1) {
      queue.add(() => {
        started.push(job);
        void Promise.resolve().then(() => work(4));
      });
    }
    while (started.length < 12) {
      startedAtTurn.push(started.length);
      await turn();
    }
    expect(startedAtTurn.length).toBeGreaterThan(2);
    expect(
      Math.max(...startedAtTurn.map((count, index) => count - (startedAtTurn[index - 1] ?? 0))),
    ).toBeLessThan(12);
  });

  it('counts a turn once, however many callbacks of it bring jobs', async () => {
    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const queue = new UpgradeQueue();
    let done = 0;
    for (let job = 0; job < 100; job += 1) {
      setImmediate(() =>
        queue.add(() => {
          done += 1;
          now += 1;
        }),
      );
    }
    await turn();
    clock.mockRestore();
    expect(done).toBeLessThanOrEqual(11);
  });

  it('goes on with what a job adds', async () => {
    const queue = new UpgradeQueue();
    const started: string[] = [];
    queue.add(() => {
      started.push('first');
      queue.add(() => started.push('second'));
    });
    await turn();
    expect(started).toEqual(['first', 'second']);
  });
});
