import { Socket, connect } from 'node:net';

/** A frame as the server sent it. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A client without manners: it speaks RFC 6455 by hand, answers nothing by itself, and may break every rule. */
export class RawClient {
  /** Resolves when the server has let go of the socket, whether or not it said a word. */
  readonly gone: Promise<void>;
  /** The answer to the upgrade, status line and headers. */
  readonly head: Promise<string>;
  private bytes: Buffer = Buffer.alloc(0);
  private isUpgraded = false;
  private isGone = false;
  private wake: (() => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.bytes = Buffer.concat([this.bytes, chunk]);
      this.wakeAll();
    });
    this.gone = new Promise((resolve) => {
      socket.on('close', () => {
        this.isGone = true;
        resolve();
        this.wakeAll();
      });
    });
    this.head = this.readHead();
    this.head.catch(() => undefined);
  }

  /** Asks for an upgrade, and returns at once. */
  static open(
    hostUrl: string,
    target: string,
    headers: readonly (readonly [name: string, value: string])[] = [],
  ): RawClient {
    const { hostname, port } = new URL(hostUrl);
    const client = new RawClient(connect(Number(port), hostname));
    const lines = [
      `GET ${target} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...headers.map(([name, value]) => `${name}: ${value}`),
    ];
    client.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return client;
  }

  /** Asks for an upgrade with a token, and waits for the first frame. */
  static async connect(hostUrl: string, token: string): Promise<RawClient> {
    const client = RawClient.open(hostUrl, `/ws?token=${token}`);
    await client.nextFrame();
    return client;
  }

  /** The next frame that was not taken yet; rejects when the socket is gone before it comes. */
  async nextFrame(): Promise<ServerFrame> {
    if (!this.isUpgraded) await this.head;
    const { start, length } = await this.measureFrame();
    const bytes = await this.have(start + length);
    this.bytes = bytes.subarray(start + length);
    return { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(start, start + length) };
  }

  /** The code and the reason of the close frame, after whatever other frames come before it. */
  async nextClose(): Promise<{ code: number; reason: string }> {
    for (;;) {
      const { opcode, payload } = await this.nextFrame();
      if (opcode === OPCODES.close)
        return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
    }
  }

  /** Writes frames in one go. */
  write(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  private async measureFrame(): Promise<{ start: number; length: number }> {
    const length = (await this.have(2))[1]! & 0x7f;
    if (length < 126) return { start: 2, length };
    if (length === 126) return { start: 4, length: (await this.have(4)).readUInt16BE(2) };
    return { start: 10, length: Number((await this.have(10)).readBigUInt64BE(2)) };
  }

  private async readHead(): Promise<string> {
    for (;;) {
      const end = this.bytes.indexOf('\r\n\r\n');
      if (end >= 0) {
        const head = this.bytes.subarray(0, end).toString();
        this.bytes = this.bytes.subarray(end + 4);
        this.isUpgraded = true;
        return head;
      }
      await this.have(this.bytes.length + 1);
    }
  }

  /** At least so many bytes that were not taken yet. */
  private async have(count: number): Promise<Buffer> {
    while (this.bytes.length < count) {
      if (this.isGone) throw new Error('the socket is gone');
      await new Promise<void>((resolve) => this.wake.push(resolve));
    }
    return this.bytes;
  }

  private wakeAll(): void {
    const waiting = this.wake;
    this.wake = [];
    for (const wake of waiting) wake();
  }
}

/** A client's frame, masked with zeros; every part of it can be made wrong. */
export function clientFrame(
  opcode: number,
  payload: Buffer | string = '',
  { fin = true, masked = true, reserved = 0 } = {},
): Buffer {
  const data = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const mask = masked ? 0x80 : 0;
  const length =
    data.length < 126
      ? Buffer.from([first, mask | data.length])
      : Buffer.from([first, mask | 126, data.length >> 8, data.length & 0xff]);
  return Buffer.concat([length, Buffer.alloc(masked ? 4 : 0), data]);
}
