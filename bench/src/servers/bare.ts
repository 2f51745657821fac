import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { GREETING, Message } from '../message';
import { Scale } from '../scenarios';
import { BenchServer, HOST } from './bench-server';
import { Memberships } from './memberships';

/** The least one can do with ws: no Nest, no tokens, one `JSON.stringify` an event. */
export class BareServer implements BenchServer {
  private readonly channels = new Map<string, Set<WebSocket>>();
  private memberships!: Memberships;

  async listen(scale: Scale): Promise<number> {
    this.memberships = new Memberships(scale);
    const server = new WebSocketServer({ host: HOST, port: 0, path: '/ws', perMessageDeflate: false });
    server.on('connection', (client, request) => this.admit(client, request));
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  emit(message: Message): void {
    const text = JSON.stringify(message);
    for (const client of this.channels.get(message.reference_id) ?? []) client.send(text);
  }

  private admit(client: WebSocket, request: IncomingMessage): void {
    const user = new URL(request.url ?? '', 'ws://localhost').searchParams.get('user') ?? '';
    for (const id of this.memberships.channelIdsOf(user)) {
      const members = this.channels.get(id);
      if (members) members.add(client);
      else this.channels.set(id, new Set([client]));
    }
    client.send(GREETING);
  }
}
