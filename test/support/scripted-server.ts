import { once } from 'node:events';
import { IncomingMessage, Server, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { GREETING, SUBPROTOCOL } from '../../src/protocol/wire';

const PREFIX = 'bearer.';

/** One attempt of a client: nothing happens to it until the test says so. */
export class Visit {
  readonly query: URLSearchParams;
  readonly protocols: readonly string[];
  /** The code with which the socket is closed in the end. */
  readonly closed: Promise<number>;
  isClosed = false;
  private socket: WebSocket | undefined;
  private settle!: (code: number) => void;

  constructor(
    private readonly upgrade: (visit: Visit) => WebSocket,
    readonly request: IncomingMessage,
    readonly stream: Duplex,
    readonly head: Buffer,
  ) {
    this.query = new URL(request.url!, 'http://localhost').searchParams;
    this.protocols = (request.headers['sec-websocket-protocol'] ?? '').split(/, */).filter(Boolean);
    this.closed = new Promise((resolve) => {
      this.settle = (code) => {
        this.isClosed = true;
        resolve(code);
      };
    });
    // A stream that nobody reads does not see its end.
    stream.resume().once('end', () => this.socket ?? stream.destroy());
    stream.once('close', () => this.socket ?? this.settle(1006)).on('error', () => undefined);
  }

  get resume(): string | null {
    return this.query.get('resume');
  }

  get token(): string | undefined {
    return this.protocols.find((protocol) => protocol.startsWith(PREFIX))?.slice(PREFIX.length);
  }

  refuse(): void {
    this.stream.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }

  accept(): this {
    this.socket = this.upgrade(this);
    this.socket.on('close', this.settle).on('error', () => undefined);
    return this;
  }

  /** Accepts it, and sends the first frame of a resumable connection. */
  connect(cursor = 'start', more: object = {}): this {
    const frame = { message_type: 'CONNECTED', cursor, resumed: true, heartbeat_ms: 25_000, ...more };
    return this.accept().send(frame);
  }

  greet(): this {
    return this.accept().sendText(JSON.stringify(GREETING));
  }

  send(...frames: object[]): this {
    for (const frame of frames) this.sendText(JSON.stringify(frame));
    return this;
  }

  sendText(text: string | Buffer): this {
    this.socket!.send(text);
    return this;
  }

  close(code: number, reason: string | object = ''): void {
    this.socket!.close(code, typeof reason === 'string' ? reason : JSON.stringify(reason));
  }

  /** The network goes: no close frame. */
  drop(): void {
    this.stream.destroy();
  }
}

/** An endpoint on a port of its own that does what the test says. */
export class ScriptedServer {
  readonly visits: Visit[] = [];
  private taken = 0;
  private wake: (() => void)[] = [];
  private readonly sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });

  private constructor(private readonly http: Server) {
    http.on('upgrade', (request, stream: Duplex, head) => {
      this.visits.push(new Visit((visit) => this.upgrade(visit), request, stream, head));
      for (const wake of this.wake.splice(0)) wake();
    });
  }

  static async start(): Promise<ScriptedServer> {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new ScriptedServer(http);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.http.address() as AddressInfo).port}/ws`;
  }

  /** The next attempt that was not taken yet. */
  async next(): Promise<Visit> {
    while (this.taken >= this.visits.length) await new Promise<void>((resolve) => this.wake.push(resolve));
    this.taken += 1;
    return this.visits[this.taken - 1]!;
  }

  async close(): Promise<void> {
    for (const visit of this.visits) visit.drop();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private upgrade({ request, stream, head }: Visit): WebSocket {
    let upgraded!: WebSocket;
    this.sockets.handleUpgrade(request, stream, head, (socket) => (upgraded = socket));
    return upgraded;
  }
}
