import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import type { Server, ServerOptions } from 'socket.io';

/** Socket.IO on several nodes, as Nest's documentation has it, with the adapter for Redis streams and its defaults. */
export class StreamsIoAdapter extends IoAdapter {
  private readonly redis: Redis;

  constructor(app: INestApplication, url: string) {
    super(app);
    // The adapter reads replies in the shapes of RESP2.
    this.redis = new Redis(url, { protocol: 2 });
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const server = super.createIOServer(port, options);
    server.adapter(createAdapter(this.redis));
    return server;
  }
}
