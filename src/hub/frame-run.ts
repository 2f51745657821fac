/**
 * Frames that go out in one write. Connections that get the same frames in the same order are at the same run, so
 * that the bytes of, say, twenty events for a thousand connections are put together once.
 */
export class FrameRun {
  private bytes: Buffer | undefined;
  private follower: FrameRun | undefined;
  private series: { readonly frames: readonly Buffer[]; readonly run: FrameRun } | undefined;

  private constructor(
    private readonly previous: FrameRun | undefined,
    private readonly frame: Buffer,
    private readonly frames: number,
    /** In bytes. */
    readonly length: number,
  ) {}

  /** A run without frames, to begin with. */
  static empty(): FrameRun {
    return new FrameRun(undefined, Buffer.alloc(0), 0, 0);
  }

  /** This run and one more frame: the same object for all who ask for the same frame in turn. */
  then(frame: Buffer): FrameRun {
    if (this.follower?.frame !== frame) {
      this.follower = new FrameRun(this, frame, this.frames + 1, this.length + frame.length);
    }
    return this.follower;
  }

  /** This run and a series of frames: found at once by all who ask for the same series in turn. */
  thenAll(frames: readonly Buffer[]): FrameRun {
    if (this.series?.frames !== frames) {
      const run = frames.reduce<FrameRun>((before, frame) => before.then(frame), this);
      this.series = { frames, run };
    }
    return this.series.run;
  }

  toBuffer(): Buffer {
    this.bytes ??= this.frames === 1 ? this.frame : this.concatenate();
    return this.bytes;
  }

  private concatenate(): Buffer {
    const frames = new Array<Buffer>(this.frames);
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- a walk along the chain
    for (let run: FrameRun = this; run.previous; run = run.previous) frames[run.frames - 1] = run.frame;
    return Buffer.concat(frames, this.length);
  }
}
