import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';

/** How long an upgrade that nobody answers may stand open, where the adapter has to see to that, in milliseconds. */
const UNANSWERED_MS = 10_000;

/** How long a refused peer has to let go, in milliseconds. */
const LINGER_MS = 1_000;

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/**
 * Hands the upgrades of an HTTP server to the ws servers by their exact path. Those of other paths are somebody
 * else's, GraphQL subscriptions say; only where nobody else listens, they are answered with 404.
 */
export class UpgradeRouter {
  private readonly servers = new Map<string, WebSocketServer>();
  private readonly listener = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    this.route(request, socket, head);

  /** @param endsUnanswered whether somebody who would end unanswered upgrades was told not to */
  constructor(
    private readonly http: Server,
    private readonly endsUnanswered: boolean,
  ) {
    http.on('upgrade', this.listener);
  }

  add(path: string, server: WebSocketServer): void {
    this.servers.set(path, server);
  }

  /** Listens no more. May be called twice. */
  close(): void {
    this.http.off('upgrade', this.listener);
    this.servers.clear();
  }

  private route(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [path] = (request.url ?? '').split('?', 1);
    const server = this.servers.get(path ?? '');
    if (server)
      server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
    else if (this.http.listenerCount('upgrade') === 1) refuse(socket);
    else if (this.endsUnanswered) refuseLater(socket);
  }
}

function refuse(socket: Duplex): void {
  socket.on('error', () => undefined);
  socket.end(NOT_FOUND);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

function refuseLater(socket: Duplex): void {
  const timer = setTimeout(() => {
    if ('bytesWritten' in socket && socket.bytesWritten === 0 && socket.writable) refuse(socket);
  }, UNANSWERED_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
