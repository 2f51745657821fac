import { Socket, connect } from 'node:net';
import { OPCODES, clientFrame } from '../../bench/src/driver/client-frame';
import { FrameReader } from '../../bench/src/driver/frame-reader';
import { END_OF_HEAD, upgradeRequest } from '../../bench/src/driver/upgrade-request';

export interface LinkOwner {
  onText(text: string): void;
  /** It is over; told once. @param reason of a close frame */
  onDown(reason: string): void;
}

/** One WebSocket, little more than a socket. */
export class Link {
  private readonly socket: Socket;
  private readonly frames = new FrameReader((opcode, ...payload) => this.onFrame(opcode, ...payload));
  private head: string | undefined = '';
  private isOver = false;
  private reason = '';
  /** When something came, on the clock of `performance.now()`. */
  heardAt = performance.now();

  constructor(
    port: number,
    target: string,
    private readonly owner: LinkOwner,
  ) {
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.socket.on('connect', () => this.socket.write(upgradeRequest(target, port)));
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk) => this.onBytes(chunk));
    this.socket.on('close', () => this.end());
  }

  /** Ends it; nothing comes after. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.socket.destroy();
    this.owner.onDown(this.reason);
  }

  private onBytes(chunk: Buffer): void {
    if (this.isOver) return;
    this.heardAt = performance.now();
    const start = this.head === undefined ? 0 : this.readHead(chunk);
    if (start < chunk.length) this.frames.read(chunk, start, chunk.length);
  }

  /** @returns where in the chunk the frames begin */
  private readHead(chunk: Buffer): number {
    const before = this.head!.length;
    this.head += chunk.toString('latin1');
    const end = this.head!.indexOf(END_OF_HEAD);
    if (end < 0) return chunk.length;
    if (!this.head!.startsWith('HTTP/1.1 101 ')) {
      this.end();
      return chunk.length;
    }
    this.head = undefined;
    return end + END_OF_HEAD.length - before;
  }

  private onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (this.isOver) return;
    if (opcode === OPCODES.text) this.owner.onText(bytes.toString('latin1', start, end));
    else if (opcode === OPCODES.ping)
      this.socket.write(clientFrame(OPCODES.pong, bytes.subarray(start, end)));
    else if (opcode === OPCODES.close) {
      this.reason = bytes.toString('latin1', start + 2, end);
      this.end();
    }
  }
}
