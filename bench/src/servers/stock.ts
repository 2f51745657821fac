import type { IncomingMessage } from 'node:http';
import { Module } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { WsAdapter } from '@nestjs/platform-ws';
import { OnGatewayConnection, OnGatewayDisconnect, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket } from 'ws';
import { GREETING, Message } from '../message';
import { Scale } from '../scenarios';
import { BenchServer, JWT_SECRET } from './bench-server';
import { Memberships } from './memberships';
import { portOf, startNest } from './nest-app';

let memberships: Memberships;

@WebSocketGateway({ path: '/ws' })
class StockGateway implements OnGatewayConnection, OnGatewayDisconnect {
  private readonly channels = new Map<string, Set<WebSocket>>();

  constructor(private readonly jwt: JwtService) {}

  async handleConnection(client: WebSocket, request: IncomingMessage): Promise<void> {
    const token = new URL(request.url ?? '', 'ws://localhost').searchParams.get('token') ?? '';
    try {
      const { sub } = await this.jwt.verifyAsync<{ sub: string }>(token);
      for (const id of memberships.channelIdsOf(sub)) this.join(id, client);
      client.send(GREETING);
    } catch {
      client.close(3000, 'unauthorized');
    }
  }

  handleDisconnect(client: WebSocket): void {
    for (const members of this.channels.values()) members.delete(client);
  }

  broadcast(event: Message): void {
    for (const client of this.channels.get(event.reference_id) ?? []) {
      if (client.readyState === WebSocket.OPEN) client.send(JSON.stringify(event));
    }
  }

  private join(channelId: string, client: WebSocket): void {
    const members = this.channels.get(channelId);
    if (members) members.add(client);
    else this.channels.set(channelId, new Set([client]));
  }
}

@Module({ imports: [JwtModule.register({ secret: JWT_SECRET })], providers: [StockGateway] })
class StockModule {}

/** A gateway as people write it by hand, on Nest's own ws adapter. */
export class StockServer implements BenchServer {
  private gateway!: StockGateway;

  async listen(scale: Scale): Promise<number> {
    memberships = new Memberships(scale);
    const app = await startNest(StockModule, (nest) => new WsAdapter(nest));
    this.gateway = app.get(StockGateway);
    return portOf(app);
  }

  emit(message: Message): void {
    this.gateway.broadcast(message);
  }
}
