import {
  BeforeApplicationShutdown,
  Injectable,
  Logger,
  OnApplicationShutdown,
  OnModuleInit,
} from '@nestjs/common';
import { LiveMessagesGateway } from './gateway/live-messages.gateway';
import { HostProviders } from './host-providers';
import { Hub } from './hub/hub';
import { WrongAdapterError } from './live-messages.errors';
import { EventLog } from './log/event-log';
import { LogWriter } from './log/log-writer';

/** Within how long clients come back after a shutdown, in milliseconds. */
const COME_BACK_WITHIN_MS = 8_000;

/** Starts and stops everything, in the order of Nest's own hooks. */
@Injectable()
export class LiveMessagesLifecycle implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly host: HostProviders,
    private readonly gateway: LiveMessagesGateway,
    private readonly hub: Hub,
    private readonly writer: LogWriter,
    private readonly log: EventLog,
    private readonly isMemoryLog: boolean,
    private readonly logger: Logger,
  ) {}

  /** @throws WrongAdapterError, InvalidOptionsError: `app.init()` and `app.listen()` reject */
  async onModuleInit(): Promise<void> {
    this.host.resolve();
    // Without an HTTP server Nest makes no gateways: such a node only emits.
    if (this.gateway.server === undefined) return;
    if (!isWsServer(this.gateway.server)) throw new WrongAdapterError();
    if (this.isMemoryLog && process.env.NODE_ENV === 'production') {
      this.logger.warn(
        'The event log is in memory: events reach the connections of this process only. See the option `log`.',
      );
    }
    await this.hub.start();
    this.gateway.open();
  }

  beforeApplicationShutdown(): void {
    this.gateway.close(COME_BACK_WITHIN_MS);
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
