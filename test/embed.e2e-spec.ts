import { createServer } from 'node:http';
import { AddressInfo, Server } from 'node:net';
import { Controller, Get, INestApplication, Injectable, Module, OnModuleInit, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MicroserviceOptions, TcpOptions, Transport } from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { OnGatewayConnection, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  LiveEventsService,
  LiveMessagesModule,
  LiveMessagesWsAdapter,
  LiveReadiness,
  PathTakenError,
  WrongAdapterError,
  topic,
} from 'nestjs-live-messages';
import request from 'supertest';
import WebSocket, { WebSocketServer } from 'ws';
import { TestClient, connect, open } from './support/client';
import { HTTP_SERVERS, Host, HostSetup, startHost } from './support/host';
import { RawClient } from './support/raw-client';
import { messageRow } from './support/rows';
import { selfSigned } from './support/self-signed';
import { SECRET, tokenOf } from './support/tokens';

const jwt = { secret: SECRET, algorithms: ['HS256'] } as const;

let closables: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const closable of closables.reverse()) await closable.close();
  closables = [];
});

async function host(setup: HostSetup = {}): Promise<Host> {
  const started = await startHost(setup);
  closables.push(started);
  return started;
}

/** Connects, receives a message of a channel, and is refused without a token. */
async function proveThatItWorks(started: Host): Promise<void> {
  started.source.put('ann', topic('CHANNEL', 'general'));
  const client = await connect(started.url, tokenOf('ann'), { rejectUnauthorized: false });
  await started.live.message(messageRow('general', { content: 'hello' }));
  expect(await client.nextEvent()).toMatchObject({ message_type: 'MESSAGE', content: 'hello' });
  await client.close();
  const stranger = open(started.url, undefined, { rejectUnauthorized: false });
  expect(await stranger.closed).toEqual({ code: 3000, reason: 'token missing' });
}

describe('every host', () => {
  const https = selfSigned();
  const matrix = (['Express', 'Fastify'] as const).flatMap((http) =>
    (['ours', 'plain'] as const).flatMap((adapter) =>
      (['forRoot', 'forRootAsync'] as const).flatMap((registration) =>
        [undefined, https].map((tls) => ({ http, adapter, registration, https: tls })),
      ),
    ),
  );
  const named = matrix.map((setup) => ({ ...setup, scheme: setup.https ? 'HTTPS' : 'HTTP' }));

  it.each(named)('works on $http with the $adapter adapter, $registration and $scheme', async (setup) => {
    await proveThatItWorks(await host(setup));
  });
});

describe.each(Object.keys(HTTP_SERVERS) as (keyof typeof HTTP_SERVERS)[])('on %s', (http) => {
  it('stands outside a global prefix, and answers a plain GET with 426', async () => {
    @Controller('things')
    class Things {
      @Get() all() {
        return ['thing'];
      }
    }
    @Module({ controllers: [Things] })
    class ThingsModule {}
    const started = await host({
      http,
      imports: [ThingsModule],
      prepare: (app) => void app.setGlobalPrefix('api'),
    });
    await proveThatItWorks(started);
    await request(started.httpUrl).get('/api/things').expect(200, ['thing']);
    const answer = await request(started.httpUrl).get('/ws').expect(426);
    expect(answer.text).toContain('ws://');
    expect(answer.headers.upgrade).toBe('websocket');
  });

  it('leaves an upgrade listener of the host alone, however long that thinks', async () => {
    const graphql = new WebSocketServer({ noServer: true });
    const started = await host({
      http,
      prepare: (app) =>
        void (app.getHttpServer() as ReturnType<typeof createServer>).on('upgrade', (raw, socket, head) => {
          if (raw.url !== '/graphql') return;
          setImmediate(() =>
            graphql.handleUpgrade(raw, socket, head, (client) => client.send('from graphql')),
          );
        }),
    });
    await proveThatItWorks(started);
    const foreign = new TestClient(new WebSocket(`${started.url}/graphql`));
    expect(await foreign.next()).toBe('from graphql');
    foreign.socket.terminate();
    graphql.close();
  });

  it('answers an upgrade of an unknown path with 404 when nobody else listens', async () => {
    const started = await host({ http });
    const lost = RawClient.open(started.url, '/elsewhere');
    expect(await lost.head).toMatch(/^HTTP\/1\.1 404 /);
    await lost.gone;
  });

  it('works beside another raw gateway', async () => {
    @WebSocketGateway({ path: '/echo' })
    class EchoGateway {
      @SubscribeMessage('echo') echo(_client: unknown, data: unknown) {
        return { event: 'echo', data };
      }
    }
    const started = await host({ http, providers: [EchoGateway] });
    await proveThatItWorks(started);
    const echo = new TestClient(new WebSocket(`${started.url}/echo`));
    echo.socket.on('open', () => echo.socket.send(JSON.stringify({ event: 'echo', data: 'hi' })));
    expect(await echo.nextEvent()).toEqual({ event: 'echo', data: 'hi' });
    echo.socket.terminate();
  });

  it('works beside a Socket.IO gateway, which keeps its own adapter', async () => {
    @WebSocketGateway()
    class ChatGateway implements OnGatewayConnection {
      handleConnection(client: { emit(event: string, data: string): void }) {
        client.emit('welcome', 'from Socket.IO');
      }
      @SubscribeMessage('ask') answer(): string {
        return 'an answer';
      }
    }
    const started = await host({
      http,
      providers: [ChatGateway],
      prepare: (app) =>
        void app.useWebSocketAdapter(new LiveMessagesWsAdapter(app, { fallback: new IoAdapter(app) })),
    });
    await proveThatItWorks(started);
    const io = new TestClient(new WebSocket(`${started.url}/socket.io/?EIO=4&transport=websocket`));
    expect(await io.next()).toMatch(/^0\{/);
    io.socket.send('40');
    const frames = await io.take(2);
    expect(frames.map((frame) => frame.slice(0, 2))).toEqual(['40', '42']);
    expect(frames[1]).toBe('42["welcome","from Socket.IO"]');
    io.socket.send('420["ask",null]');
    expect(await io.next()).toBe('430["an answer"]');
    io.socket.terminate();
  });
});

it('two applications in one process do not know of each other', async () => {
  const first = await host({ options: { path: '/live' } });
  const second = await host({ http: 'Fastify' });
  first.source.put('ann', topic('CHANNEL', 'general'));
  second.source.put('ann', topic('CHANNEL', 'general'));
  const there = await connect(first.url, tokenOf('ann'), { path: '/live' });
  const here = await connect(second.url, tokenOf('ann'));
  await second.live.message(messageRow('general', { content: 'second' }));
  await first.live.message(messageRow('general', { content: 'first' }));
  expect(await there.nextEvent()).toMatchObject({ content: 'first' });
  expect(await here.nextEvent()).toMatchObject({ content: 'second' });
  expect([there.rest(), here.rest()]).toEqual([[], []]);
  await there.close();
  await here.close();
});

it('a service of the host that injects LiveEventsService may be the source of memberships too', async () => {
  @Injectable()
  class Channels {
    constructor(readonly live: LiveEventsService) {}
    topicsOf() {
      return [topic('CHANNEL', 'general')];
    }
  }
  const started = await host({ providers: [Channels], options: { memberships: Channels } });
  const client = await connect(started.url, tokenOf('ann'));
  await started.app.get(Channels).live.message(messageRow('general'));
  expect(await client.nextEvent()).toMatchObject({ message_type: 'MESSAGE' });
  await client.close();
});

describe('without an HTTP server', () => {
  it('the module emits and follows nothing', async () => {
    @Injectable()
    class Job implements OnModuleInit {
      cursor = '';
      constructor(private readonly live: LiveEventsService) {}
      async onModuleInit() {
        this.cursor = (await this.live.updateStatus()).cursor;
      }
    }
    @Module({ imports: [LiveMessagesModule.forRoot({ jwt })], providers: [Job] })
    class WorkerModule {}
    const worker = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
    expect(worker.get(Job).cursor).toMatch(/^\d+-1$/);
    expect(worker.get(LiveReadiness).isReady).toBe(true);
    await worker.close();
  });

  it('a microservice emits, and Nest opens no server for the gateway', async () => {
    @Module({ imports: [LiveMessagesModule.forRoot({ jwt })] })
    class WorkerModule {}
    const options: TcpOptions & { logger: false } = {
      transport: Transport.TCP,
      options: { port: 0 },
      logger: false,
    };
    const worker = await NestFactory.createMicroservice<MicroserviceOptions>(WorkerModule, options);
    closables.push(worker);
    const listens = jest.spyOn(Server.prototype, 'listen');
    await worker.listen();
    expect((await worker.get(LiveEventsService).updateStatus()).cursor).toMatch(/^\d+-1$/);
    expect(listens).toHaveBeenCalledTimes(1);
    listens.mockRestore();
  });
});

describe('a mistake at boot', () => {
  async function listen(prepare: (app: INestApplication) => void, providers: Type[] = []): Promise<void> {
    const testing = await Test.createTestingModule({
      imports: [LiveMessagesModule.forRoot({ jwt })],
      providers,
    }).compile();
    const app = testing.createNestApplication();
    closables.push(app);
    prepare(app);
    await app.listen(0);
    throw new Error(`listens on ${(app.getHttpServer() as { address(): AddressInfo }).address().port}`);
  }

  const line = /app\.useWebSocketAdapter\(new LiveMessagesWsAdapter\(app\)\)/;

  it('without an adapter line is told the line', async () => {
    const listening = listen(() => undefined);
    await expect(listening).rejects.toThrow(WrongAdapterError);
    await expect(listening).rejects.toThrow(line);
  });

  it('with the Socket.IO adapter alone is told the line', async () => {
    await expect(listen((app) => void app.useWebSocketAdapter(new IoAdapter(app)))).rejects.toThrow(line);
  });

  it.each(['/ws', 'ws', '/ws/'])(
    'with another gateway on the path, written %s, is told its name',
    async (path) => {
      @WebSocketGateway({ path })
      class OpenGateway {}
      for (const Adapter of [LiveMessagesWsAdapter, WsAdapter]) {
        const listening = listen((app) => void app.useWebSocketAdapter(new Adapter(app)), [OpenGateway]);
        await expect(listening).rejects.toThrow(PathTakenError);
        await expect(listening).rejects.toThrow(/OpenGateway/);
      }
    },
  );
});
