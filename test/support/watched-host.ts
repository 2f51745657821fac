import { Socket } from 'node:net';
import { LoggerService } from '@nestjs/common';
import { Host, HostSetup, startHost } from './host';

export interface WatchedHost extends Host {
  /** The server's ends of the connections, in the order in which they came. */
  readonly ends: readonly Socket[];
  /** What was written to the host's log as a warning or an error. */
  readonly lines: readonly string[];
}

/** A host of {@link startHost} that can be looked into, and that closes without spreading its closes. */
export async function startWatchedHost(setup: HostSetup = {}): Promise<WatchedHost> {
  const ends: Socket[] = [];
  const lines: string[] = [];
  const write = (message: unknown) => void lines.push(String(message));
  const logger: LoggerService = { log: () => undefined, warn: write, error: write };
  const host = await startHost({
    ...setup,
    options: { drain: { spreadMs: 0 }, ...setup.options },
    prepare: (app) => {
      app.useLogger(logger);
      const came = setup.https ? 'secureConnection' : 'connection';
      (app.getHttpServer() as NodeJS.EventEmitter).on(came, (socket: Socket) => ends.push(socket));
      setup.prepare?.(app);
    },
  });
  return { ...host, ends, lines };
}
