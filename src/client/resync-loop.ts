import type { ResyncReason } from '../protocol/control.ts';
import { BackOff } from './back-off.ts';
import { Handlers, attempt } from './handlers.ts';
import type { Handler } from './handlers.ts';
import type { ResyncRequest } from './live-client.ts';
import { Timers } from './timers.ts';

/** Has the app fetch, until it has worked. Only the latest request counts. */
export class ResyncLoop {
  private readonly timers = new Timers<'next'>();
  private running: AbortController | undefined;
  private hasWarned = false;

  constructor(
    private readonly handlers: Handlers,
    private readonly onDone: () => void,
  ) {}

  /** Begins, in place of the one that runs, after a random part of `spreadMs` milliseconds, half of it at least. */
  start(reason: ResyncReason, spreadMs: number): void {
    this.cancel();
    const { signal } = (this.running = new AbortController());
    const backOff = new BackOff();
    this.timers.set('next', (0.5 + Math.random() / 2) * spreadMs, () => {
      const handlers = this.handlers.of('resync');
      if (!handlers.length) this.warn();
      void this.run(handlers, { reason, signal }, backOff);
    });
  }

  /** What runs does not count any more. */
  cancel(): void {
    this.timers.stop('next');
    this.running?.abort();
  }

  /** Those that fail are called again, unless they have left meanwhile. */
  private async run(handlers: Handler[], request: ResyncRequest, backOff: BackOff): Promise<void> {
    const present = handlers.filter((handler) => this.handlers.has('resync', handler));
    const results = await Promise.all(
      present.map(async (handler) => request.signal.aborted || attempt(handler, request, request.signal)),
    );
    if (request.signal.aborted) return;
    const failed = present.filter((_, index) => !results[index]);
    if (!failed.length) return this.onDone();
    this.timers.set('next', backOff.next(), () => void this.run(failed, request, backOff));
  }

  private warn(): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    console.warn("nestjs-live-messages: events may be missing, and no on('resync', …) handler fetches them");
  }
}
