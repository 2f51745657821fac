import { Socket, connect } from 'node:net';
import { now } from '../clock';
import { HOST } from '../servers/bench-server';
import { OPCODES, clientFrame } from './client-frame';
import { FrameReader } from './frame-reader';
import { Visit } from './wire';
import { END_OF_HEAD, upgradeRequest } from './upgrade-request';

/** Where all sockets read into, one after the other: ten thousand of them need no more. */
const INBOX = Buffer.allocUnsafe(1 << 18);

/** Who is told what a client sees. */
export interface ClientOwner {
  readonly greeting: Buffer;
  onLive(client: Client): void;
  /** A text that is no greeting: its bytes are good until the call returns. */
  onText(client: Client, bytes: Buffer, start: number, end: number, at: number): void;
  onProblem(client: Client, problem: string): void;
}

/** One WebSocket of one user: little more than a socket, so that ten thousand leave the CPU to the server. */
export class Client {
  private readonly socket: Socket;
  private readonly frames = new FrameReader((opcode, ...payload) => this.onFrame(opcode, ...payload));
  private head: string | undefined = '';
  private arrivedAt = 0;

  constructor(
    readonly index: number,
    port: number,
    private readonly visit: Visit,
    private readonly owner: ClientOwner,
  ) {
    const callback = (length: number) => this.onBytes(length);
    this.socket = connect({ host: HOST, port, noDelay: true, onread: { buffer: INBOX, callback } });
    this.socket.on('connect', () => this.socket.write(upgradeRequest(visit.target, port)));
    this.socket.on('error', (error) => owner.onProblem(this, error.message));
    this.socket.on('close', () => owner.onProblem(this, 'the connection is gone'));
  }

  private onBytes(length: number): boolean {
    this.arrivedAt = now();
    try {
      const start = this.head === undefined ? 0 : this.readHead(length);
      if (start < length) this.frames.read(INBOX, start, length);
    } catch (error) {
      this.owner.onProblem(this, `got ${error instanceof Error ? error.message : String(error)}`);
      this.socket.destroy();
    }
    return true;
  }

  /** @returns where in the inbox the frames begin */
  private readHead(length: number): number {
    const before = this.head!.length;
    this.head += INBOX.toString('latin1', 0, length);
    const end = this.head!.indexOf(END_OF_HEAD);
    if (end < 0) return length;
    if (!this.head!.startsWith('HTTP/1.1 101 ')) throw new Error(this.head!.slice(0, end));
    this.head = undefined;
    return end + END_OF_HEAD.length - before;
  }

  private onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === OPCODES.text) {
      this.onText(bytes, start, end);
    } else if (opcode === OPCODES.ping) {
      this.socket.write(clientFrame(OPCODES.pong, bytes.subarray(start, end)));
    } else if (opcode === OPCODES.close) {
      throw new Error(`a close frame: ${end - start < 2 ? 'no code' : bytes.readUInt16BE(start)}`);
    }
  }

  private onText(bytes: Buffer, start: number, end: number): void {
    const { greeting } = this.owner;
    if (end - start === greeting.length && greeting.compare(bytes, start, end) === 0) {
      return this.owner.onLive(this);
    }
    const answer = this.visit.answer(bytes[start]!, bytes[start + 1]!);
    if (!answer) this.owner.onText(this, bytes, start, end, this.arrivedAt);
    else if (answer.length > 0) this.socket.write(answer);
  }
}
