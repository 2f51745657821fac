import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { AddressInfo, Socket, connect as connectTcp } from 'node:net';
import { DynamicModule, INestApplication, Injectable, Module, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  InvalidOptionsError,
  JwtConnectionGuard,
  LiveEventsService,
  LiveMessagesModule,
  LiveMessagesOptions,
  LiveMessagesOptionsFactory,
  LiveMessagesWsAdapter,
  LogSubscription,
  MemoryEventLog,
} from 'nestjs-live-messages';
import { open, refusalOf } from './support/client';
import { HTTP_SERVERS } from './support/host';
import { Hosts, outcomeOf } from './support/knock';
import { SECRET, tokenOf } from './support/tokens';

const LIVE = '"Websocket Connection Established"';
const jwt: LiveMessagesOptions['jwt'] = { secret: SECRET, algorithms: ['HS256'] };
const hosts = new Hosts();
const apps: INestApplication[] = [];
const strangers: Socket[] = [];
afterEach(() => strangers.splice(0).forEach((stranger) => stranger.destroy()));
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await hosts.close();
});

/** An application of these modules, at the url where it listens. */
async function serve(
  http: keyof typeof HTTP_SERVERS,
  imports: (Type | DynamicModule)[],
  providers: Type[] = [],
): Promise<string> {
  const testing = await Test.createTestingModule({ imports, providers }).compile();
  const app = testing.createNestApplication(HTTP_SERVERS[http]());
  apps.push(app);
  app.useWebSocketAdapter(new LiveMessagesWsAdapter(app));
  await app.listen(0, '127.0.0.1');
  return `ws://127.0.0.1:${(app.getHttpServer() as { address(): AddressInfo }).address().port}`;
}

function upgradeOf(path: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  );
}

const drain = { spreadMs: 0, timeoutMs: 500 };
const atChat: LiveMessagesOptions = { jwt, drain, path: '/chat' };

@Injectable()
class Settings implements LiveMessagesOptionsFactory {
  readonly path = '/settings';

  createLiveMessagesOptions(): LiveMessagesOptions {
    return { ...atChat, path: this.path };
  }
}

@Injectable()
class LateSettings extends Settings {
  override createLiveMessagesOptions(): never {
    return Promise.resolve({ ...atChat, path: '/late' }) as never;
  }
}

/** A log that takes its time to be followed. */
class SlowLog extends MemoryEventLog {
  answer!: () => void;
  private onAsked!: () => void;
  readonly asked = new Promise<void>((resolve) => (this.onAsked = resolve));
  private readonly answered = new Promise<void>((resolve) => (this.answer = resolve));

  override async follow(...args: Parameters<MemoryEventLog['follow']>): Promise<LogSubscription> {
    this.onAsked();
    await this.answered;
    return super.follow(...args);
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

describe.each(Object.keys(HTTP_SERVERS) as (keyof typeof HTTP_SERVERS)[])('the module on %s', (http) => {
  it.each<[how: string, module: () => DynamicModule, path: string]>([
    ['forRoot', () => LiveMessagesModule.forRoot(atChat), '/chat'],
    [
      'forRootAsync with a factory that has something injected',
      () =>
        LiveMessagesModule.forRootAsync({
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: async (settings: Settings) => {
            await Promise.resolve();
            return settings.createLiveMessagesOptions();
          },
        }),
      '/settings',
    ],
    ['forRootAsync with a class', () => LiveMessagesModule.forRootAsync({ useClass: Settings }), '/settings'],
    [
      'forRootAsync with a class that answers later',
      () => LiveMessagesModule.forRootAsync({ useClass: LateSettings }),
      '/late',
    ],
    [
      'forRootAsync with a provider that exists',
      () => LiveMessagesModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings }),
      '/settings',
    ],
  ])('takes its options by %s', async (_how, module, path) => {
    const url = await serve(http, [module()]);
    expect(await outcomeOf(open(url, tokenOf('user'), { path }))).toBe(LIVE);
    expect(await refusalOf(open(url, tokenOf('user'), { path: '/ws' }))).toMatchObject({ status: 404 });
  });

  it('is everywhere, unless it is told to be where it is imported', async () => {
    @Injectable()
    class Elsewhere {
      constructor(readonly live: LiveEventsService) {}
    }
    @Module({ providers: [Elsewhere] })
    class FeatureModule {}
    await serve(http, [LiveMessagesModule.forRoot(atChat), FeatureModule]);
    await serve(http, [LiveMessagesModule.forRootAsync({ useFactory: () => atChat }), FeatureModule]);
    for (const local of [
      LiveMessagesModule.forRoot({ ...atChat, isGlobal: false }),
      LiveMessagesModule.forRootAsync({ isGlobal: false, useFactory: () => atChat }),
    ]) {
      await expect(serve(http, [local, FeatureModule])).rejects.toThrow(/Elsewhere.*LiveEventsService/s);
    }
  });

  it('has everything that a guard and a service need where it is imported alone', async () => {
    @Injectable()
    class OwnGuard extends JwtConnectionGuard {
      constructor(readonly live: LiveEventsService) {
        super();
      }
    }
    const local = LiveMessagesModule.forRoot({ ...atChat, guard: OwnGuard, isGlobal: false });
    @Module({ imports: [local], providers: [OwnGuard] })
    class ChatModule {}
    const url = await serve(http, [ChatModule]);
    expect(await outcomeOf(open(url, tokenOf('user'), { path: '/chat' }))).toBe(LIVE);
    expect(await outcomeOf(open(url, 'nonsense', { path: '/chat' }))).toBe('3000 token invalid');
  });

  it.each([
    ['forRoot', () => LiveMessagesModule.forRoot({ jwt: { ...jwt, secret: 7 as never } })],
    ['forRootAsync', () => LiveMessagesModule.forRootAsync({ useFactory: () => ({ jwt, path: 'ws' }) })],
    [
      'a secret where a public key should be',
      () =>
        LiveMessagesModule.forRoot({
          jwt: { publicKey: createSecretKey(Buffer.from(SECRET)), algorithms: ['RS256'] },
        }),
    ],
    [
      'a key that is none',
      () => LiveMessagesModule.forRoot({ jwt: { publicKey: 'MIIB', algorithms: ['RS256'] } }),
    ],
  ])('refuses options that are wrong at boot, given by %s', async (_how, module) => {
    await expect(serve(http, [module()])).rejects.toThrow(InvalidOptionsError);
  });

  it.each(['ours', 'plain'] as const)(
    'lets go of an upgrade of no known path even if its peer does not, with the adapter %s',
    async (adapter) => {
      const host = await hosts.start({ http, adapter });
      const accepted = once(host.app.getHttpServer() as Server, 'connection') as Promise<[Socket]>;
      const { port } = new URL(host.url);
      const stranger = connectTcp({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
      strangers.push(stranger.resume());
      stranger.write(upgradeOf('/nowhere'));
      const [socket] = await accepted;
      // It would keep the application from closing, too.
      await new Promise((resolve) => socket.once('close', resolve));
    },
  );

  // Nest 11's own adapter goes on listening then, and leaves the socket open.
  it('closes at once though an upgrade comes when its gateways are gone', async () => {
    const host = await hosts.start({ http });
    const accepted = once(host.app.getHttpServer() as Server, 'connection');
    const late = connectTcp(Number(new URL(host.url).port), '127.0.0.1');
    strangers.push(late.on('error', () => undefined));
    await accepted;
    const httpAdapter = host.app.getHttpAdapter();
    const close = httpAdapter.close.bind(httpAdapter) as () => unknown;
    jest.spyOn(httpAdapter, 'close').mockImplementation(() => {
      late.write(upgradeOf('/ws'));
      return close();
    });
    await host.close();
  });

  it('answers 503 until it is up, where the HTTP server already listens', async () => {
    const log = new SlowLog();
    const testing = await Test.createTestingModule({
      imports: [LiveMessagesModule.forRoot({ ...atChat, log })],
    }).compile();
    const app = testing.createNestApplication(HTTP_SERVERS[http]());
    apps.push(app);
    app.useWebSocketAdapter(new LiveMessagesWsAdapter(app));
    const starting = app.init();
    await log.asked;
    const server = app.getHttpServer() as Server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const refusal = await refusalOf(open(url, tokenOf('user'), { path: '/chat' }));
    expect(refusal.status).toBe(503);
    expect(refusal.headers['retry-after']).toMatch(/^\d+$/);
    log.answer();
    await starting;
    expect(await outcomeOf(open(url, tokenOf('user'), { path: '/chat' }))).toBe(LIVE);
  });
});

it('the module works behind a plain WsAdapter, with the path of the options', async () => {
  const host = await hosts.start({ adapter: 'plain', options: { path: '/chat/live' } });
  expect(await outcomeOf(open(host.url, tokenOf('user'), { path: '/chat/live' }))).toBe(LIVE);
});
