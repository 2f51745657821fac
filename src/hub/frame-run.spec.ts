import fc from 'fast-check';
import { FrameRun } from './frame-run';

const FRAMES = ['', 'a', 'bc', 'def', 'a'].map((text) => Buffer.from(text));

function runOf(start: FrameRun, indices: readonly number[]): FrameRun {
  return indices.reduce((run, index) => run.then(FRAMES[index]!), start);
}

const indices = fc.array(fc.nat({ max: FRAMES.length - 1 }), { maxLength: 12 });

describe('FrameRun', () => {
  it('is the frames one after the other, however the runs of others branch off', () => {
    fc.assert(
      fc.property(fc.array(indices, { maxLength: 8 }), (connections) => {
        const start = FrameRun.empty();
        const runs = connections.map((frames) => ({ frames, run: runOf(start, frames) }));
        for (const { frames, run } of runs) {
          const expected = Buffer.concat(frames.map((index) => FRAMES[index]!));
          expect(run.toBuffer()).toEqual(expected);
          expect(run.length).toBe(expected.length);
        }
      }),
    );
  });

  it('is the frames one after the other, though it was written in between', () => {
    fc.assert(
      fc.property(indices, indices, (before, after) => {
        const run = runOf(FrameRun.empty(), before);
        const written = Buffer.from(run.toBuffer());
        const longer = runOf(run, after);
        expect(longer.toBuffer()).toEqual(
          Buffer.concat([...before, ...after].map((index) => FRAMES[index]!)),
        );
        expect(run.toBuffer()).toEqual(written);
      }),
    );
  });

  it('is one object, with its bytes put together once, for all who take the same frames in turn', () => {
    const frames = [1, 2, 3].map((index) => FRAMES[index]!);
    const start = FrameRun.empty();
    const runs = [start, start, start];
    for (const frame of frames) runs.forEach((run, index) => (runs[index] = run.then(frame)));
    expect(runs[1]).toBe(runs[0]);
    expect(runs[2]).toBe(runs[0]);
    expect(runs[1]!.toBuffer()).toBe(runs[0]!.toBuffer());
  });

  it('does not copy a single frame', () => {
    expect(FrameRun.empty().then(FRAMES[3]!).toBuffer()).toBe(FRAMES[3]);
  });

  it('tells frames apart by identity, not by content', () => {
    const start = FrameRun.empty();
    expect(start.then(FRAMES[1]!)).not.toBe(start.then(FRAMES[4]!));
  });

  it('bears a run of a hundred thousand frames', () => {
    let run = FrameRun.empty();
    for (let count = 0; count < 100_000; count += 1) run = run.then(FRAMES[1]!);
    expect(run.toBuffer().equals(Buffer.alloc(100_000, 'a'))).toBe(true);
  });
});
