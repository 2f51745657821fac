import { ClientRequestArgs } from 'node:http';
import WebSocket, { ClientOptions } from 'ws';
import { GREETING } from '../../src/protocol/wire';

export interface CloseEvent {
  readonly code: number;
  readonly reason: string;
}

/** A client that queues what comes, so that nothing is missed between two looks. */
export class TestClient {
  /** Every frame so far, as text. */
  readonly frames: string[] = [];
  /** Resolves when the socket is closed. */
  readonly closed: Promise<CloseEvent>;
  private taken = 0;
  private wake: (() => void)[] = [];
  private isClosed = false;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      this.frames.push(data.toString());
      this.wakeAll();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.isClosed = true;
        resolve({ code, reason: reason.toString() });
        this.wakeAll();
      });
    });
  }

  /** The next frame that was not taken yet, as text; rejects when the socket closes before it comes. */
  async next(): Promise<string> {
    while (this.taken >= this.frames.length) {
      if (this.isClosed) throw new Error('closed while a frame was awaited');
      await new Promise<void>((resolve) => this.wake.push(resolve));
    }
    this.taken += 1;
    return this.frames[this.taken - 1]!;
  }

  /** The next event. */
  async nextEvent(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.next()) as Record<string, unknown>;
  }

  /** The next `count` frames. */
  async take(count: number): Promise<string[]> {
    const frames: string[] = [];
    while (frames.length < count) frames.push(await this.next());
    return frames;
  }

  /** The frames that came and were not taken. */
  rest(): string[] {
    return this.frames.slice(this.taken);
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  private wakeAll(): void {
    const waiting = this.wake;
    this.wake = [];
    for (const wake of waiting) wake();
  }
}

/** Opens a connection as the spec's client does, and returns at once. */
export function open(
  hostUrl: string,
  token: string | undefined,
  options: ClientOptions & ClientRequestArgs & { protocols?: string[]; path?: string; query?: string } = {},
): TestClient {
  const { protocols = [], path = '/ws', query = '', ...rest } = options;
  const parts = [token === undefined ? '' : `token=${encodeURIComponent(token)}`, query].filter(
    (part) => part !== '',
  );
  return new TestClient(
    new WebSocket(`${hostUrl}${path}${parts.length > 0 ? `?${parts.join('&')}` : ''}`, protocols, rest),
  );
}

/** Opens a connection and waits until it is live. */
export async function connect(
  hostUrl: string,
  token: string,
  options: Parameters<typeof open>[2] = {},
): Promise<TestClient> {
  const client = open(hostUrl, token, options);
  const first = await client.next();
  if (first !== JSON.stringify(GREETING)) throw new Error(`the first frame was ${first}`);
  return client;
}

/** What the server answers to an upgrade that it refuses over HTTP. */
export function refusalOf(
  client: TestClient,
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve) => {
    client.socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
  });
}
