import type { Server } from 'node:http';
import type { INestApplicationContext, WebSocketAdapter } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { MessageMappingProperties } from '@nestjs/websockets';
import type { Observable } from 'rxjs';
import { ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { isLiveSocket } from './live-socket';
import { isLiveMessagesServer } from './server-mark';
import { UpgradeRouter } from './upgrade-router';

/** The port by which Nest means the application's own HTTP server. */
const HTTP_SERVER_PORT = 0;

/** What a {@link LiveMessagesWsAdapter} may be given. */
export interface LiveMessagesWsAdapterOptions {
  /**
   * The adapter of the host's other gateways: `new IoAdapter(app)` where they speak Socket.IO.
   *
   * @default none: they speak ws, like the endpoint
   */
  readonly fallback?: WebSocketAdapter;
}

type GatewayOptions = ServerOptions & { namespace?: string; server?: unknown; path?: string };

/**
 * The ws adapter to use with `LiveMessagesModule`: `app.useWebSocketAdapter(new LiveMessagesWsAdapter(app))`. It is
 * Nest's `WsAdapter`, with a ws that bounds what a peer can make it hold, without the cost of message handlers for
 * gateways that have none, and it leaves the upgrades of other paths to their owners. A plain `WsAdapter` works too.
 */
export class LiveMessagesWsAdapter extends WsAdapter {
  private readonly fallback: WebSocketAdapter | undefined;
  private router: UpgradeRouter | undefined;

  constructor(
    appOrHttpServer?: INestApplicationContext | object,
    options: LiveMessagesWsAdapterOptions = {},
  ) {
    super(appOrHttpServer);
    this.fallback = options.fallback;
  }

  override create(port: number, options: GatewayOptions = {}): unknown {
    if (this.fallback && !isLiveMessagesServer(options)) {
      // engine.io would end every upgrade that is not its own and that a guard has thought about for a second.
      return this.fallback.create(port, { destroyUpgrade: false, ...options }) as unknown;
    }
    const httpServer = this.httpServer as Server | undefined;
    if (port !== HTTP_SERVER_PORT || !httpServer || options.namespace)
      return super.create(port, options as object);
    const { server: _shared, path = '/', ...wsOptions } = options;
    const server = this.bindErrorHandler(
      new WebSocketServer({ noServer: true, ...wsOptions }),
    ) as WebSocketServer;
    this.router ??= new UpgradeRouter(httpServer, this.fallback !== undefined);
    this.router.add(path, server);
    return server;
  }

  override bindClientConnect(server: never, callback: (...args: unknown[]) => void): void {
    if (this.isForFallback(server)) this.fallback!.bindClientConnect(server, callback);
    else super.bindClientConnect(server, callback);
  }

  override bindClientDisconnect(client: never, callback: (...args: unknown[]) => void): void {
    if (this.isForFallback(client)) this.fallback!.bindClientDisconnect?.(client, callback);
    else if (!isLiveSocket(client)) super.bindClientDisconnect(client, callback);
  }

  override bindMessageHandlers(
    client: unknown,
    handlers: MessageMappingProperties[],
    transform: (data: unknown) => Observable<unknown>,
  ): void {
    if (this.isForFallback(client)) this.fallback!.bindMessageHandlers(client, handlers, transform);
    else if (handlers.length > 0) super.bindMessageHandlers(client, handlers, transform);
  }

  override async close(server: unknown): Promise<void> {
    if (this.isForFallback(server)) await this.fallback!.close(server);
    else await super.close(server);
  }

  override async dispose(): Promise<void> {
    this.router?.close();
    await super.dispose();
    await (this.fallback as { dispose?: () => Promise<void> } | undefined)?.dispose?.();
  }

  /** Whatever is not a ws server or socket of ours came from the fallback. */
  private isForFallback(serverOrClient: unknown): boolean {
    if (!this.fallback) return false;
    return !(serverOrClient instanceof WebSocketServer || serverOrClient instanceof WebSocket);
  }
}
