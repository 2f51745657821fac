import {
  BeforeApplicationShutdown,
  Injectable,
  Logger,
  OnApplicationShutdown,
  OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Drain } from './drain/drain';
import { LiveMessagesGateway } from './gateway/live-messages.gateway';
import { findRivalGateway } from './gateway/rival-gateway';
import { HostProviders } from './host-providers';
import { Hub } from './hub/hub';
import { PathTakenError, WrongAdapterError } from './live-messages.errors';
import type { ResolvedOptions } from './live-messages.options';
import { EventLog } from './log/event-log';
import { LogWriter } from './log/log-writer';

/** How long the shutdown waits for what was emitted before it, in milliseconds. */
const CATCH_UP_MS = 1_000;

/** Starts and stops everything, in the order of Nest's own hooks. */
@Injectable()
export class LiveMessagesLifecycle implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly host: HostProviders,
    private readonly gateway: LiveMessagesGateway,
    private readonly drain: Drain,
    private readonly hub: Hub,
    private readonly writer: LogWriter,
    private readonly log: EventLog,
    private readonly modules: ModulesContainer,
    private readonly options: Pick<ResolvedOptions, 'path' | 'log'>,
    private readonly logger: Logger,
  ) {}

  /** @throws WrongAdapterError, PathTakenError, InvalidOptionsError: `app.init()` and `app.listen()` reject */
  async onModuleInit(): Promise<void> {
    this.host.resolve();
    // Without an HTTP server Nest makes no gateways: such a node only emits.
    if (this.gateway.server === undefined) return;
    const rival = findRivalGateway(this.modules, this.gateway);
    if (rival !== undefined) throw new PathTakenError(this.options.path, rival);
    if (!isWsServer(this.gateway.server)) throw new WrongAdapterError();
    if (this.options.log === undefined && process.env.NODE_ENV === 'production') {
      this.logger.warn(
        'The event log is in memory: events reach the connections of this process only. See the option `log`.',
      );
    }
    await this.hub.start();
    this.gateway.startAccepting();
  }

  /** What was emitted before still goes out. Nest ends every socket right after this hook. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.gateway.server === undefined) return;
    const { lastAccepted } = this.writer;
    if (lastAccepted) await this.hub.reached(lastAccepted, CATCH_UP_MS);
    await this.drain.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.hub.stop();
    this.writer.close();
    await this.log.close();
  }
}

/** By its shape: the class may come from another copy of ws than ours. */
function isWsServer(server: unknown): boolean {
  const { handleUpgrade, options } = server as {
    handleUpgrade?: unknown;
    options?: { verifyClient?: unknown };
  };
  return typeof handleUpgrade === 'function' && typeof options?.verifyClient === 'function';
}
