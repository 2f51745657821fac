import type { AddressInfo } from 'node:net';
import type { INestApplication, Type, WebSocketAdapter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HOST } from './bench-server';

/** Starts a Nest application on a free port. */
export async function startNest(
  module: Type,
  adapterFor: (app: INestApplication) => WebSocketAdapter,
): Promise<INestApplication> {
  const app = await NestFactory.create(module, { logger: ['error', 'warn'] });
  app.useWebSocketAdapter(adapterFor(app));
  await app.listen(0, HOST);
  return app;
}

/** The port that an application listens on. */
export function portOf(app: INestApplication): number {
  const server = app.getHttpServer() as { address(): AddressInfo };
  return server.address().port;
}
