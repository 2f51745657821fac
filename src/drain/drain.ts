import { LiveMessagesGateway } from '../gateway/live-messages.gateway';
import { closeWithHint } from '../protocol/close-codes';

/** How the connections of a node that stops are sent away. */
export interface DrainOptions {
  /** Over how long they are closed, evenly, in milliseconds; so long, too, do their clients wait at most. */
  readonly spreadMs: number;
  /** When all of it is over, in milliseconds, whatever peers do. */
  readonly timeoutMs: number;
}

/** How often connections are closed, in milliseconds. */
const TICK_MS = 20;

/** Two closes are never further apart than this, in milliseconds: a few connections do not take the whole spread. */
const MAX_GAP_MS = 100;

/**
 * Sends everyone away before the process stops: no new connections, and those there are closed one after the other
 * with the hint when to come back, so that the other nodes do not get them all at once. What is emitted meanwhile
 * still reaches who is still there.
 */
export class Drain {
  private running: Promise<void> | undefined;

  constructor(
    private readonly gateway: LiveMessagesGateway,
    private readonly options: DrainOptions,
  ) {}

  /** Resolves when nobody is left. May be called twice; it happens once. */
  run(): Promise<void> {
    this.running ??= this.sendAllAway();
    return this.running;
  }

  private async sendAllAway(): Promise<void> {
    this.gateway.stopAccepting();
    const started = performance.now();
    const connections = this.gateway.openConnections();
    const gap = Math.min(this.options.spreadMs / Math.max(1, connections.length), MAX_GAP_MS);
    const close = closeWithHint('serviceRestart', this.options.spreadMs);
    let next = 0;
    const closeDue = () => {
      const due = gap === 0 ? connections.length : 1 + (performance.now() - started) / gap;
      for (; next < Math.min(connections.length, due); next += 1)
        this.gateway.sendAway(connections[next]!, close);
      if (next === connections.length) clearInterval(timer);
    };
    const timer = setInterval(closeDue, TICK_MS);
    closeDue();
    await this.gateway.whenEmpty(this.options.timeoutMs);
    clearInterval(timer);
  }
}
