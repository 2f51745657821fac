/** Called with a whole frame: its payload is in `bytes` from `start` to `end`, until the call returns. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

const FINAL = 0x80;

/** Cuts what a server sends into frames, without copying those that came whole. */
export class FrameReader {
  private rest: Buffer | undefined;

  constructor(private readonly onFrame: OnFrame) {}

  /**
   * Reads the bytes from `start` to `end`, which may be overwritten afterwards.
   *
   * @throws Error when they are not what an endpoint without extensions sends
   */
  read(chunk: Buffer, start: number, end: number): void {
    if (!this.rest) return this.cut(chunk, start, end);
    const bytes = Buffer.concat([this.rest, chunk.subarray(start, end)]);
    this.rest = undefined;
    this.cut(bytes, 0, bytes.length);
  }

  private cut(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const payload = at + headerLength(bytes, at, end);
      const next = payload + payloadLength(bytes, at, end);
      if (!(next <= end)) break;
      const first = bytes[at]!;
      if ((first & 0xf0) !== FINAL) throw new Error('a frame that is fragmented or has an extension');
      this.onFrame(first & 0x0f, bytes, payload, next);
      at = next;
    }
    if (at < end) this.rest = Buffer.from(bytes.subarray(at, end));
  }
}

function headerLength(bytes: Buffer, at: number, end: number): number {
  if (at + 2 > end) return NaN;
  const length = bytes[at + 1]!;
  if (length > 127) throw new Error('a frame that is masked');
  return length < 126 ? 2 : length === 126 ? 4 : 10;
}

/** Not a number, as long as the header has not come whole. */
function payloadLength(bytes: Buffer, at: number, end: number): number {
  const header = headerLength(bytes, at, end);
  if (!(at + header <= end)) return NaN;
  if (header === 2) return bytes[at + 1]!;
  return header === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}
