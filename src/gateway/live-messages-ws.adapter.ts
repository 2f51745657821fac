import { WsAdapter } from '@nestjs/platform-ws';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { Observable } from 'rxjs';
import { ServerOptions, WebSocketServer } from 'ws';

/** The port by which Nest means the application's own HTTP server. */
const HTTP_SERVER_PORT = 0;

/**
 * The ws adapter to use with `LiveMessagesModule`: `app.useWebSocketAdapter(new LiveMessagesWsAdapter(app))`. It is
 * Nest's `WsAdapter` for all gateways, with a ws that bounds what a peer can make it hold, and without the cost
 * of message handlers for gateways that have none. A plain `WsAdapter` works too.
 */
export class LiveMessagesWsAdapter extends WsAdapter {
  override create(
    port: number,
    options: ServerOptions & { namespace?: string; server?: unknown; path?: string } = {},
  ): unknown {
    if (port !== HTTP_SERVER_PORT || !this.httpServer || options.namespace)
      return super.create(port, options as object);
    const { server: _server, path = '/', ...wsOptions } = options;
    this.ensureHttpServerExists(port, this.httpServer as Parameters<WsAdapter['ensureHttpServerExists']>[1]);
    const server = this.bindErrorHandler(
      new WebSocketServer({ noServer: true, ...wsOptions }),
    ) as WebSocketServer & { path: string };
    this.addWsServerToRegistry(server, port, path);
    return server;
  }

  override bindMessageHandlers(
    client: unknown,
    handlers: MessageMappingProperties[],
    transform: (data: unknown) => Observable<unknown>,
  ): void {
    if (handlers.length > 0) super.bindMessageHandlers(client, handlers, transform);
  }
}
