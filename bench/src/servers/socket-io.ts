import { INestApplication, Module } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { OnGatewayConnection, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { GREETING, Message } from '../message';
import { Scale } from '../scenarios';
import { BenchServer, JWT_SECRET } from './bench-server';
import { Memberships } from './memberships';
import { portOf, startNest } from './nest-app';

let memberships: Memberships;

@WebSocketGateway({ transports: ['websocket'] })
class SocketIoGateway implements OnGatewayConnection {
  @WebSocketServer()
  private readonly server!: Server;

  constructor(private readonly jwt: JwtService) {}

  async handleConnection(client: Socket): Promise<void> {
    const { token } = client.handshake.auth as { token: string };
    try {
      const { sub } = await this.jwt.verifyAsync<{ sub: string }>(token);
      await client.join([...memberships.channelIdsOf(sub)]);
      client.emit('message', JSON.parse(GREETING));
    } catch {
      client.disconnect(true);
    }
  }

  broadcast(event: Message): void {
    this.server.to(event.reference_id).emit('message', event);
  }
}

@Module({ imports: [JwtModule.register({ secret: JWT_SECRET })], providers: [SocketIoGateway] })
class SocketIoModule {}

/** Socket.IO as people use it with Nest: a room for each channel. */
export class SocketIoServer implements BenchServer {
  private gateway!: SocketIoGateway;

  /** @param adapterFor the adapter of one node alone, unless several work together */
  constructor(
    private readonly adapterFor: (app: INestApplication) => IoAdapter = (app) => new IoAdapter(app),
  ) {}

  async listen(scale: Scale): Promise<number> {
    memberships = new Memberships(scale);
    const app = await startNest(SocketIoModule, this.adapterFor);
    this.gateway = app.get(SocketIoGateway);
    return portOf(app);
  }

  emit(message: Message): void {
    this.gateway.broadcast(message);
  }
}
