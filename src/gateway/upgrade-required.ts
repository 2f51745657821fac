import type { HttpServer } from '@nestjs/common';

const BODY = 'This is a WebSocket endpoint: use ws:// or wss:// instead of http:// or https://.\n';

/**
 * Answers a plain `GET` of the endpoint's path, on Express and Fastify, with 426 and the way out. A route of the HTTP
 * adapter's own stands outside the application's global prefix, like the endpoint itself. Where the host has taken
 * the route, it keeps it.
 */
export function answerUpgradeRequired(http: HttpServer, path: string): void {
  try {
    register(http, path);
  } catch {
    // Fastify refuses a route that is there already, and nothing may throw while gateways are made.
  }
}

function register(http: HttpServer, path: string): void {
  http.get(path, (_request: unknown, response: unknown) => {
    http.setHeader?.(response, 'Upgrade', 'websocket');
    http.setHeader?.(response, 'Connection', 'Upgrade, close');
    http.setHeader?.(response, 'Content-Type', 'text/plain; charset=utf-8');
    http.reply(response, BODY, 426);
  });
}
