import {
  ConfigurableModuleBuilder,
  DynamicModule,
  Inject,
  Injectable,
  Logger,
  Module,
  Provider,
  Type,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { WebSocketGateway } from '@nestjs/websockets';
import { Drain } from './drain/drain';
import { EventCatalog } from './events/event-catalog';
import { EventEncoder } from './events/event-encoder';
import { LiveEventsService } from './events/live-events.service';
import { Handshake } from './gateway/handshake';
import { JwtConnectionGuard } from './gateway/jwt-connection.guard';
import type { JwtOptions } from './gateway/jwt-options';
import { LiveCursor } from './gateway/live-cursor';
import { LiveMessagesGateway } from './gateway/live-messages.gateway';
import { LiveReadiness } from './gateway/live-readiness';
import { TokenVerifier } from './gateway/token-verifier';
import { answerUpgradeRequired } from './gateway/upgrade-required';
import { VerificationKeys } from './gateway/verification-keys';
import { HostProviders } from './host-providers';
import { ConnectionRegistry } from './hub/connection-registry';
import { Hub } from './hub/hub';
import { LiveUsers } from './hub/live-users';
import type { Report } from './hub/report';
import { ThisNode } from './hub/this-node';
import { InvalidOptionsError } from './live-messages.errors';
import { LiveMessagesLifecycle } from './live-messages.lifecycle';
import type { LiveMessagesOptions, ResolvedOptions } from './live-messages.options';
import { EventLog } from './log/event-log';
import { LogWriter } from './log/log-writer';
import { MemoryEventLog } from './log/memory-event-log';
import { PresenceStore } from './log/presence-store';
import { LiveMemberships } from './memberships/live-memberships.service';
import { MembershipReader } from './memberships/membership-reader';
import { PresenceAgent } from './presence/presence-agent';
import { PresenceService } from './presence/presence.service';
import { resolveOptions } from './resolve-options';
import { throttledReport } from './throttled-report';

/** What a class given as `useClass` or `useExisting` to `forRootAsync` has. */
export interface LiveMessagesOptionsFactory {
  createLiveMessagesOptions(): LiveMessagesOptions | Promise<LiveMessagesOptions>;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<LiveMessagesOptions>({ moduleName: 'LiveMessages' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createLiveMessagesOptions')
    .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();

const OPTIONS = Symbol('live-messages:options');
const REPORT = Symbol('live-messages:report');
const LOGGER = new Logger('LiveMessages');

/** The bound of what is held for connections that are still behind, where no past is held for others. */
const NO_HISTORY = { maxMs: 300_000, maxBytes: 67_108_864, compact: true };

const PUBLIC = [
  LiveEventsService,
  LiveMemberships,
  ConnectionRegistry,
  PresenceService,
  LiveReadiness,
  LiveCursor,
  JwtConnectionGuard,
  TokenVerifier,
];

const EMIT: Provider[] = [
  {
    provide: EventCatalog,
    inject: [OPTIONS],
    useFactory: (options: ResolvedOptions) => new EventCatalog(options.events),
  },
  {
    provide: EventEncoder,
    inject: [OPTIONS],
    useFactory: (options: ResolvedOptions) => new EventEncoder(options.limits),
  },
  {
    provide: LiveEventsService,
    inject: [EventCatalog, EventEncoder, LogWriter, OPTIONS],
    useFactory: (
      catalog: EventCatalog,
      encoder: EventEncoder,
      writer: LogWriter,
      { memberships }: ResolvedOptions,
    ) => new LiveEventsService(catalog, encoder, writer, memberships !== undefined),
  },
  {
    provide: LiveMemberships,
    inject: [LogWriter],
    useFactory: (writer: LogWriter) => new LiveMemberships(writer),
  },
];

const LOG: Provider[] = [
  {
    provide: EventLog,
    inject: [OPTIONS],
    useFactory: ({ log }: ResolvedOptions) => log ?? new MemoryEventLog(),
  },
  {
    provide: LogWriter,
    inject: [EventLog, OPTIONS],
    useFactory: (log: EventLog, { emitTimeoutMs }: ResolvedOptions) => new LogWriter(log, emitTimeoutMs),
  },
];

const FAN_OUT: Provider[] = [
  LiveUsers,
  ThisNode,
  {
    provide: ConnectionRegistry,
    inject: [LiveUsers, REPORT],
    useFactory: (users: LiveUsers, report: Report) => new ConnectionRegistry(users, report),
  },
  {
    provide: Hub,
    inject: [EventLog, LiveUsers, ConnectionRegistry, ThisNode, HostProviders, OPTIONS, REPORT],
    useFactory: makeHub,
  },
];

const PRESENCE: Provider[] = [
  { provide: PresenceStore, inject: [EventLog], useFactory: (log: EventLog) => log.presence() },
  {
    provide: PresenceAgent,
    inject: [PresenceStore, ConnectionRegistry, LogWriter, ThisNode, OPTIONS, REPORT],
    useFactory: makePresenceAgent,
  },
  {
    provide: PresenceService,
    inject: [PresenceStore, PresenceAgent],
    useFactory: (store: PresenceStore, agent: PresenceAgent) => new PresenceService(store, agent),
  },
];

const CONNECT: Provider[] = [
  { provide: LiveCursor, inject: [Hub], useFactory: (hub: Hub) => new LiveCursor(hub) },
  {
    provide: TokenVerifier,
    inject: [OPTIONS],
    useFactory: ({ jwt }: ResolvedOptions) => new TokenVerifier(jwt, makeKeys(jwt)),
  },
  JwtConnectionGuard,
  {
    provide: Handshake,
    inject: [Hub, HostProviders, OPTIONS, REPORT],
    useFactory: (hub: Hub, host: HostProviders, { origins }: ResolvedOptions, report: Report) =>
      new Handshake(hub, () => host.guard(), origins, report),
  },
];

/**
 * A live endpoint for a chat backend: `LiveMessagesModule.forRoot({ jwt: { … } })`, and in `main.ts`
 * `app.useWebSocketAdapter(new LiveMessagesWsAdapter(app))`. Global, unless `isGlobal: false`.
 */
@Module({})
export class LiveMessagesModule extends ConfigurableModuleClass {
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return withProviders(super.forRoot(options));
  }

  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return withProviders(super.forRootAsync(options));
  }
}

function withProviders(module: DynamicModule): DynamicModule {
  const gateway = gatewayOfThisRegistration();
  const own: Provider[] = [
    { provide: OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: resolveOptions },
    { provide: REPORT, useFactory: () => throttledReport(LOGGER) },
    {
      provide: HostProviders,
      inject: [ModuleRef, OPTIONS],
      useFactory: (moduleRef: ModuleRef, options: ResolvedOptions) => new HostProviders(moduleRef, options),
    },
    gateway,
    {
      provide: LiveReadiness,
      inject: [gateway],
      useFactory: (own: LiveMessagesGateway) => new LiveReadiness(own),
    },
    {
      provide: LiveMessagesLifecycle,
      inject: [HostProviders, gateway, Hub, PresenceAgent, LogWriter, EventLog, OPTIONS, ModulesContainer],
      useFactory: makeLifecycle,
    },
  ];
  return {
    ...module,
    providers: [...(module.providers ?? []), ...own, ...LOG, ...EMIT, ...FAN_OUT, ...PRESENCE, ...CONNECT],
    exports: [...(module.exports ?? []), ...PUBLIC],
  };
}

/** A class of its own, because the path stands in a class's metadata, and two registrations may differ in it. */
function gatewayOfThisRegistration(): Type<LiveMessagesGateway> {
  @Injectable()
  class RegisteredLiveMessagesGateway extends LiveMessagesGateway {
    constructor(
      handshake: Handshake,
      hub: Hub,
      users: LiveUsers,
      thisNode: ThisNode,
      @Inject(OPTIONS) options: ResolvedOptions,
      @Inject(REPORT) report: Report,
      http: HttpAdapterHost,
    ) {
      super(handshake, hub, users, thisNode, options, report);
      // A worker or a microservice never has an HTTP adapter, a TestingModule has it late: only with one is this class
      // a gateway, or Nest would open a server of its own for it.
      http.init$.subscribe(() => {
        if (!http.httpAdapter) return;
        WebSocketGateway(this.serverOptions())(RegisteredLiveMessagesGateway);
        answerUpgradeRequired(http.httpAdapter, options.path);
      });
    }
  }
  return RegisteredLiveMessagesGateway;
}

function makeLifecycle(
  host: HostProviders,
  gateway: LiveMessagesGateway,
  hub: Hub,
  presence: PresenceAgent,
  writer: LogWriter,
  log: EventLog,
  options: ResolvedOptions,
  modules: ModulesContainer,
): LiveMessagesLifecycle {
  const drain = new Drain(gateway, options.drain);
  return new LiveMessagesLifecycle(
    host,
    gateway,
    drain,
    hub,
    presence,
    writer,
    log,
    modules,
    options,
    LOGGER,
  );
}

function makeHub(
  log: EventLog,
  users: LiveUsers,
  registry: ConnectionRegistry,
  thisNode: ThisNode,
  host: HostProviders,
  options: ResolvedOptions,
  report: Report,
): Hub {
  const { membershipOptions, memberships, refresh, heartbeat } = options;
  const history = options.history || NO_HISTORY;
  const reader =
    memberships === undefined
      ? undefined
      : new MembershipReader(
          { topicsOf: (userId) => host.membershipSource().topicsOf(userId) },
          membershipOptions,
        );
  const refreshPerSecond = refresh === false ? Number.POSITIVE_INFINITY : refresh.perSecond;
  return new Hub(
    log,
    users,
    registry,
    reader,
    {
      ...options,
      nodeId: thisNode.id,
      refreshPerSecond: () => refreshPerSecond * thisNode.shareOfConnections,
      recheckMs: membershipOptions.recheckMs,
      heartbeatMs: heartbeat.intervalMs,
      window: { ...history, keepsPast: options.history !== false },
      compact: history.compact,
    },
    report,
  );
}

function makePresenceAgent(
  store: PresenceStore,
  registry: ConnectionRegistry,
  writer: LogWriter,
  thisNode: ThisNode,
  { presence, limits }: ResolvedOptions,
  report: Report,
): PresenceAgent {
  const options = { ...presence, connectionsPerUser: limits.connectionsPerUser };
  return new PresenceAgent(store, registry, writer, thisNode, options, report);
}

/** @throws InvalidOptionsError when a key can't be read; its text does not go into the message */
function makeKeys(jwt: JwtOptions): VerificationKeys {
  try {
    return new VerificationKeys(jwt);
  } catch {
    throw new InvalidOptionsError([
      'jwt: a key can not be read: HS takes a secret, the others a public key as PEM',
    ]);
  }
}
