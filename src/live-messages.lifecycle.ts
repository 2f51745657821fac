import {
  BeforeApplicationShutdown,
  Injectable,
  Logger,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Drain } from './drain/drain';
import { LiveMessagesGateway } from './gateway/live-messages.gateway';
import { findRivalGateway } from './gateway/rival-gateway';
import { HostProviders } from './host-providers';
import { Hub } from './hub/hub';
import { LogUnavailableError, PathTakenError, WrongAdapterError } from './live-messages.errors';
import type { ResolvedOptions } from './live-messages.options';
import { EventLog } from './log/event-log';
import { LogWriter } from './log/log-writer';
import { PresenceAgent } from './presence/presence-agent';

/** How soon the log is asked for again that was not there at boot. */
const RETRY_MS = { first: 200, most: 2_000 };

/** How long the shutdown waits for what was emitted before it, in milliseconds. */
const CATCH_UP_MS = 1_000;

/** Starts and stops everything, in the order of Nest's own hooks. */
@Injectable()
export class LiveMessagesLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private isStopping = false;
  private following: Promise<void> | undefined;
  private pause: { readonly timer: NodeJS.Timeout; readonly end: () => void } | undefined;

  constructor(
    private readonly host: HostProviders,
    private readonly gateway: LiveMessagesGateway,
    private readonly drain: Drain,
    private readonly hub: Hub,
    private readonly presence: PresenceAgent,
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
    if (await this.tryToFollow()) return;
    // The host's own work needs no log: it boots, says that it is not ready, and answers upgrades with 503 meanwhile.
    this.logger.warn('The event log can not be reached: the endpoint takes no connections until it can.');
    this.following = this.follow();
  }

  /** By now every part of the host has begun to listen that will. */
  onApplicationBootstrap(): void {
    if (this.gateway.server !== undefined) this.presence.start();
  }

  /** What was emitted before still goes out. Nest ends every socket right after this hook. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.gateway.server === undefined) return;
    const { lastAccepted } = this.writer;
    if (lastAccepted) await this.hub.reached(lastAccepted, CATCH_UP_MS);
    await this.drain.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.pause?.timer);
    this.pause?.end();
    this.hub.stop();
    await this.presence.stop();
    this.writer.close();
    await this.log.close();
    await this.following;
  }

  /** Follows the log as soon as it is there. */
  private async follow(): Promise<void> {
    for (let delay = RETRY_MS.first; !this.isStopping; delay = Math.min(delay * 2, RETRY_MS.most)) {
      await new Promise<void>((resolve) => {
        // Jitter: all nodes wait for the same log.
        this.pause = { timer: setTimeout(resolve, delay * (0.5 + Math.random() / 2)), end: resolve };
      });
      if (this.isStopping || (await this.tryToFollow())) return;
    }
  }

  /** @returns whether the hub follows; rejects with what time won't heal */
  private async tryToFollow(): Promise<boolean> {
    try {
      await this.hub.start();
    } catch (error) {
      if (error instanceof LogUnavailableError) return false;
      await this.log.close();
      throw error;
    }
    if (this.gateway.stage === 'starting') this.gateway.startAccepting();
    return true;
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
