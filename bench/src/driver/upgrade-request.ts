import { HOST } from '../servers/bench-server';

/** What ends a request's head, and an answer's. */
export const END_OF_HEAD = '\r\n\r\n';

/** The request that a browser makes, without what differs between browsers. */
export function upgradeRequest(target: string, port: number): string {
  return [
    `GET ${target} HTTP/1.1`,
    `Host: ${HOST}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Origin: http://${HOST}:${port}`,
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    END_OF_HEAD.slice(2),
  ].join('\r\n');
}
