import { AddressInfo } from 'node:net';
import { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  ConnectionRegistry,
  LiveEventsService,
  LiveMemberships,
  LiveMessagesModule,
  LiveMessagesOptions,
  LiveMessagesWsAdapter,
  MembershipSource,
  Topic,
} from 'nestjs-live-messages';
import { SECRET } from './tokens';

/** The HTTP servers that every suite runs on. */
export const HTTP_SERVERS = {
  Express: () => new ExpressAdapter(),
  Fastify: (https?: object) => new FastifyAdapter(https ? { https } : {}) as never,
} as const;

/** A host's memberships: a table in memory that a test writes. */
export class Memberships implements MembershipSource {
  readonly table = new Map<string, Topic[]>();

  topicsOf(userId: string): Promise<Topic[]> | Topic[] {
    return this.table.get(userId) ?? [];
  }

  put(userId: string, ...topics: Topic[]): void {
    this.table.set(userId, topics);
  }
}

export interface Host {
  readonly app: INestApplication;
  /** `ws://127.0.0.1:<port>` */
  readonly url: string;
  /** `http://127.0.0.1:<port>` */
  readonly httpUrl: string;
  readonly live: LiveEventsService;
  readonly memberships: LiveMemberships;
  readonly registry: ConnectionRegistry;
  readonly source: Memberships;
  close(): Promise<void>;
}

export interface HostSetup {
  readonly options?: Partial<LiveMessagesOptions>;
  readonly http?: keyof typeof HTTP_SERVERS;
  readonly adapter?: 'ours' | 'plain';
  readonly imports?: (Type | DynamicModule)[];
  readonly providers?: Type[];
  readonly controllers?: Type[];
  /** Left out of the options when false. */
  readonly withMemberships?: boolean;
  /** Serves `wss://` with this certificate. */
  readonly https?: { readonly key: string; readonly cert: string };
  /** @default 'forRoot' */
  readonly registration?: 'forRoot' | 'forRootAsync';
  readonly prepare?: (app: INestApplication) => void;
}

/** A Nest application that embeds the module, listening on a port of its own. */
export async function startHost(setup: HostSetup = {}): Promise<Host> {
  const source = new Memberships();
  const options: LiveMessagesOptions = {
    jwt: { secret: SECRET, algorithms: ['HS256'] },
    ...(setup.withMemberships === false ? {} : { memberships: Memberships }),
    ...setup.options,
  };
  const testing = await Test.createTestingModule({
    imports: [register(setup, options), ...(setup.imports ?? [])],
    controllers: setup.controllers ?? [],
    providers: [{ provide: Memberships, useValue: source }, ...(setup.providers ?? [])],
  }).compile();
  const app = testing.createNestApplication(
    HTTP_SERVERS[setup.http ?? 'Express'](setup.https),
    setup.https ? { httpsOptions: { ...setup.https } } : {},
  );
  app.useWebSocketAdapter(setup.adapter === 'plain' ? new WsAdapter(app) : new LiveMessagesWsAdapter(app));
  setup.prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  return {
    app,
    url: `${setup.https ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    httpUrl: `${setup.https ? 'https' : 'http'}://127.0.0.1:${port}`,
    live: app.get(LiveEventsService),
    memberships: app.get(LiveMemberships),
    registry: app.get(ConnectionRegistry),
    source,
    close: () => app.close(),
  };
}

function register({ registration }: HostSetup, options: LiveMessagesOptions): DynamicModule {
  return registration === 'forRootAsync'
    ? LiveMessagesModule.forRootAsync({ useFactory: () => Promise.resolve(options) })
    : LiveMessagesModule.forRoot(options);
}
