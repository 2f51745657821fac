import type { HttpServer } from '@nestjs/common';

const BODY = 'This is a WebSocket endpoint: use ws:// or wss:// instead of http:// or https://.\n';

/**
 * Answers a plain `GET` of the endpoint's path, on Express and Fastify, with 426 and the way out. Routes that are
 * registered before the application starts stand outside its global prefix, like the endpoint itself.
 */
export function answerUpgradeRequired(http: HttpServer, path: string): void {
  http.get(path, (_request: unknown, response: unknown) => {
    http.setHeader?.(response, 'Upgrade', 'websocket');
    http.setHeader?.(response, 'Connection', 'Upgrade');
    http.setHeader?.(response, 'Content-Type', 'text/plain; charset=utf-8');
    http.reply(response, BODY, 426);
  });
}
