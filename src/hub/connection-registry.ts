import { Injectable } from '@nestjs/common';
import { Connection, LiveConnection } from './connection';
import { LiveUsers } from './live-users';
import type { Report } from './report';

/** Called with a connection that came or went. What it throws is logged, and goes no further. */
export type ConnectionListener = (connection: LiveConnection) => void;

type InnerListener = (connection: Connection) => void;

/** Which user has which connections on this node. Every look-up costs the same however many there are. */
@Injectable()
export class ConnectionRegistry {
  private readonly listeners = {
    connect: new Set<InnerListener>(),
    disconnect: new Set<InnerListener>(),
  };

  constructor(
    private readonly liveUsers: LiveUsers,
    private readonly report: Report,
  ) {}

  /** How many connections there are. */
  get size(): number {
    return this.liveUsers.connectionCount;
  }

  /** The user's connections, the oldest first. */
  connectionsOf(userId: string): readonly LiveConnection[] {
    return [...(this.liveUsers.get(userId)?.connections ?? [])];
  }

  /** The ids of the users with at least one connection. */
  users(): IterableIterator<string> {
    return this.liveUsers.ids();
  }

  /**
   * Calls back with each new connection.
   *
   * @returns a function that ends it
   */
  onConnect(listener: ConnectionListener): () => void {
    return subscribe(this.listeners.connect, listener);
  }

  /**
   * Calls back with each connection that is gone.
   *
   * @returns a function that ends it
   */
  onDisconnect(listener: ConnectionListener): () => void {
    return subscribe(this.listeners.disconnect, listener);
  }

  /** @internal as the package itself sees them */
  watch(what: 'connect' | 'disconnect', listener: InnerListener): () => void {
    return subscribe(this.listeners[what], listener);
  }

  /** @internal every connection there is */
  *all(): IterableIterator<Connection> {
    for (const user of this.liveUsers) yield* user.connections;
  }

  /** @internal the hub says what happened */
  announce(what: 'connect' | 'disconnect', connection: Connection): void {
    for (const listener of this.listeners[what]) {
      const fail = (error: unknown) =>
        this.report(`A listener of ConnectionRegistry failed on a ${what}`, error);
      try {
        // One that is async, against its type, must not end the process with a rejection that nobody catches.
        const result: unknown = listener(connection);
        if (result instanceof Promise) result.catch(fail);
      } catch (error) {
        fail(error);
      }
    }
  }
}

function subscribe(listeners: Set<InnerListener>, listener: InnerListener): () => void {
  // A wrapper, so that one function may listen twice and each subscription ends alone.
  const own: InnerListener = (connection) => listener(connection);
  listeners.add(own);
  return () => listeners.delete(own);
}
