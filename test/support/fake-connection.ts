import { Connection } from '../../src/hub/connection';
import { ConnectionSocket } from '../../src/hub/connection-socket';
import { Close } from '../../src/protocol/close-codes';

/** A socket that only remembers, and whose reader takes what the test says. */
export class FakeSocket implements ConnectionSocket {
  readonly writes: Buffer[] = [];
  readonly closes: Close[] = [];
  pendingBytes = 0;
  writtenBytes = 0;
  /** Whether what is written stays pending until {@link take}. */
  isStuck = false;

  write(frames: Buffer): void {
    if (this.closes.length > 0) throw new Error('written to after its close');
    this.writes.push(frames);
    this.writtenBytes += frames.length;
    if (this.isStuck) this.pendingBytes += frames.length;
  }

  close(close: Close): void {
    this.closes.push(close);
  }

  /** The kernel takes so many of the pending bytes. */
  take(bytes = this.pendingBytes): void {
    this.pendingBytes -= bytes;
  }

  /** Everything that was written so far, as the texts of the frames. */
  get texts(): string[] {
    return textsOf(Buffer.concat(this.writes));
  }
}

/** A live connection over a {@link FakeSocket}. */
export function fakeConnection(userId = 'ann', socket = new FakeSocket()): Connection {
  const connection = new Connection({ userId }, socket, { position: { epoch: 1, seq: 0 } });
  connection.goLive();
  return connection;
}

/** The texts of unmasked text frames, one after the other. */
function textsOf(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const short = bytes[at + 1]!;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length =
      header === 2
        ? short
        : header === 4
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    if (bytes[at] !== 0x81 || at + header + length > bytes.length)
      throw new Error(`no whole text frame at ${at}`);
    texts.push(bytes.toString('utf8', at + header, at + header + length));
    at += header + length;
  }
  return texts;
}
