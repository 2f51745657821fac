import { once } from 'node:events';
import type { Server } from 'node:http';
import { AddressInfo, Socket, connect as connectTcp } from 'node:net';
import { inspect } from 'node:util';
import {
  DynamicModule,
  INestApplication,
  Injectable,
  LoggerService,
  Module,
  Type,
  UnauthorizedException,
} from '@nestjs/common';
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
  Principal,
  UpgradeRequest,
} from 'nestjs-live-messages';
import request from 'supertest';
import { TestClient, connect, open, refusalOf } from './support/client';
import { HTTP_SERVERS } from './support/host';
import { inSeconds, jws } from './support/jws';
import { Brought, Hosts, asBearer, asSubprotocol, inQuery, knock, outcomeOf } from './support/knock';
import { RawClient, clientFrame } from './support/raw-client';
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

  it.each(['ours', 'plain'] as const)(
    'closes at once though an upgrade comes when its gateways are gone, with the adapter %s',
    async (adapter) => {
      const host = await hosts.start({ http, adapter });
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
    },
  );

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

/** Keeps every line of the application's log, whatever is in it. */
class Lines implements LoggerService {
  text = '';
  readonly log = (...line: unknown[]) => this.add(line);
  readonly error = this.log;
  readonly warn = this.log;
  readonly debug = this.log;
  readonly verbose = this.log;
  readonly fatal = this.log;

  private add(line: unknown[]): void {
    this.text += `${inspect(line, { depth: 8, showHidden: true, maxStringLength: null })}\n`;
  }
}

@Injectable()
class FailingGuard extends JwtConnectionGuard {
  override async authenticate(request: UpgradeRequest): Promise<Principal> {
    const principal = await super.authenticate(request);
    if (principal.userId === 'nobody') throw new UnauthorizedException();
    if (principal.userId === 'failure') throw new Error('the database is down');
    return principal;
  }
}

describe.each(['ours', 'plain'] as const)('a token, with the adapter %s', (adapter) => {
  const HS256 = { alg: 'HS256', typ: 'JWT' };
  const tokens = {
    good: () => tokenOf('user'),
    expired: () => jws(HS256, { sub: 'user', exp: 5 }),
    forged: () => jws(HS256, { sub: 'user', exp: inSeconds(60) }, 'another secret'),
    refused: () => tokenOf('nobody'),
    failing: () => tokenOf('failure'),
    nullPayload: () => jws(HS256, 'null'),
    noJson: () => jws(HS256, 'no json at all'),
    huge: () => 'a'.repeat(9_000),
  };

  function waysOf(token: string): Brought[] {
    return [
      inQuery(token),
      asBearer(token),
      asSubprotocol(token),
      { ...inQuery(token), ...asBearer(token) },
      { target: `/ws?x=%&token=${token}` },
    ];
  }

  it('is in no line of the log and in no answer, whatever becomes of it', async () => {
    const log = new Lines();
    const answers: unknown[] = [];
    const used: string[] = [];
    const prepare = (app: INestApplication) => app.useLogger(log);
    for (const rejectWith of ['close', 'http'] as const) {
      const options = { guard: FailingGuard, rejectWith, heartbeat: { intervalMs: 20, timeoutMs: 40 } };
      const host = await hosts.start({ adapter, options, providers: [FailingGuard], prepare });
      for (const make of Object.values(tokens)) {
        for (const brought of waysOf(make())) {
          used.push(brought.target ?? '', ...Object.values(brought.headers ?? {}).flat());
          const client = knock(host, brought);
          answers.push(await Promise.race([outcomeOf(client), refusalOf(client)]));
          client.socket.terminate();
        }
      }
      const noisy = tokenOf('noisy');
      const breaker = await RawClient.connect(host.url, noisy);
      breaker.write(clientFrame(3, 'rubbish'));
      await breaker.gone;
      const deaf: TestClient = await connect(host.url, noisy, { autoPong: false });
      answers.push(await deaf.closed, (await request(host.httpUrl).get(`/ws?token=${noisy}`)).text);
      used.push(noisy);
    }
    const everything = `${log.text}\n${inspect(answers, { depth: 8, maxStringLength: null })}`;
    expect(log.text).toContain('the database is down');
    const secrets = used.map((text) => /[\w-]{10,}\.[\w-]+\.[\w-]*|a{100,}/.exec(text)?.[0]);
    for (const token of secrets) {
      if (token === undefined) continue;
      expect(everything).not.toContain(token);
      for (const part of token
        .split('.')
        .slice(1)
        .filter((each) => each.length > 10))
        expect(everything).not.toContain(part);
    }
    expect(everything).not.toContain(SECRET);
  });
});

it('the module works behind a plain WsAdapter, with the path of the options', async () => {
  const host = await hosts.start({ adapter: 'plain', options: { path: '/chat/live' } });
  expect(await outcomeOf(open(host.url, tokenOf('user'), { path: '/chat/live' }))).toBe(LIVE);
});
