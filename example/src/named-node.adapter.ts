import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import type { INestApplication } from '@nestjs/common';
import { LiveMessagesWsAdapter } from 'nestjs-live-messages';
import type { WebSocketServer } from 'ws';

/** How a page is called that asks for the node's name: random, and new each time it is loaded. */
const TAB = /[?&]tab=([a-z0-9]{1,16})(?:&|$)/;

/** The page reads it at once. */
const LIFE_S = 10;

/**
 * Says in a cookie which node has taken a connection. Behind a load balancer a page's requests go anywhere, and so
 * does its connection: only the answer to this very upgrade knows, and of its headers a script sees nothing but cookies.
 */
export class NamedNodeAdapter extends LiveMessagesWsAdapter {
  /** @param name `hostname:port` when it is left out */
  constructor(
    app: INestApplication,
    private readonly name: string | undefined,
  ) {
    super(app);
  }

  override create(port: number, options?: object): unknown {
    const server = super.create(port, options) as WebSocketServer;
    server.on('headers', (headers: string[], { url, socket }: IncomingMessage) => {
      const tab = TAB.exec(url ?? '')?.[1];
      const name = this.name ?? `${hostname()}:${socket.localPort}`;
      if (tab) headers.push(`Set-Cookie: node-${tab}=${name}; Path=/; Max-Age=${LIFE_S}; SameSite=Strict`);
    });
    return server;
  }
}
