import type { ResyncReason } from '../protocol/control.ts';
import { BackOff } from './back-off.ts';
import { Handlers } from './handlers.ts';
import { Link } from './link.ts';
import type { Frame, LinkOwner } from './link.ts';
import type {
  Closed,
  LiveClient,
  LiveClientOptions,
  LiveHandlers,
  LiveState,
  Waiting,
  WebSocketClass,
} from './live-client.ts';
import { watchPage } from './page.ts';
import { Progress } from './progress.ts';
import { hintIn, reactionTo } from './reaction.ts';
import { ResyncLoop } from './resync-loop.ts';
import { Timers } from './timers.ts';
import { tokenEnd } from './token-end.ts';

/** After so long a connection counts as stable: waits begin small again. In milliseconds. */
const STABLE_MS = 10_000;

/**
 * How long before the end of its token a connection is replaced, at most, in milliseconds: in its token's last minute,
 * or last half, the server does not count it against the user's limit.
 */
const RENEW_MS = 30_000;

/** The least between two renewals, in milliseconds, whatever the tokens and the clock say. */
const RENEW_AGAIN_MS = 5_000;

/** Opens links, one after the other, and sees to it that the app misses nothing in between. */
export class ResumingClient<Events extends object> implements LiveClient<Events> {
  private readonly handlers = new Handlers();
  private readonly progress: Progress;
  private readonly resyncs: ResyncLoop;
  private readonly backOff = new BackOff();
  private readonly timers = new Timers<'next' | 'stable'>();
  private readonly life = new AbortController();
  private now: LiveState = { status: 'connecting' };
  /** The link whose frames count. */
  private current: Link | undefined;
  /** The link that is being opened, to take its place. */
  private candidate: Link | undefined;
  private asking: Promise<readonly [string, string]> | undefined;
  private attempt = 0;
  private hasBeenUp = false;
  private hasTriedNewToken = false;

  constructor(
    private readonly options: LiveClientOptions,
    private readonly Socket: WebSocketClass,
  ) {
    this.progress = new Progress(options.resume ?? '');
    this.resyncs = new ResyncLoop(this.handlers, () => this.progress.settle());
    const { signal } = this.life;
    options.signal?.addEventListener('abort', () => this.close(), { signal });
    watchPage({ wake: () => this.wake(), pause: (reason) => this.pause(reason) }, signal);
    if (options.signal?.aborted) this.close();
    else void this.open();
  }

  get state(): LiveState {
    return this.now;
  }

  on<Name extends keyof LiveHandlers<Events>>(name: Name, handler: LiveHandlers<Events>[Name]): () => void {
    return this.handlers.add(name, handler);
  }

  close(): void {
    this.end({ status: 'closed', reason: 'closed' });
  }

  /** @param isRenewal the current link holds: it is only replaced when the new token lasts longer */
  private async open(isRenewal = false): Promise<void> {
    this.candidate?.close();
    this.candidate = undefined;
    this.timers.stop('next');
    const attempt = ++this.attempt;
    if (!this.current && this.now.status !== 'connecting') this.become({ status: 'connecting' });
    if (attempt !== this.attempt) return;
    try {
      const [url, token] = await (this.asking ??= this.ask().finally(() => {
        this.asking = undefined;
      }));
      if (attempt === this.attempt) this.link(url, token, isRenewal);
    } catch (cause) {
      if (attempt === this.attempt) this.retry({ reason: 'no token', cause });
    }
  }

  /** One call at a time: two at once would make an app refresh its session twice, which some servers take for theft. */
  private async ask(): Promise<readonly [string, string]> {
    const { url, token } = this.options;
    const answers = await Promise.all([typeof url === 'function' ? url() : url, token()]);
    if (!answers[1]) throw new TypeError('token() gave none');
    return answers;
  }

  private link(url: string, token: string, isRenewal: boolean): void {
    const { Socket, options, progress, owner } = this;
    const endsAt = tokenEnd(token);
    if (isRenewal && this.current && endsAt <= this.current.endsAt) return this.renewIn(RENEW_AGAIN_MS);
    try {
      this.candidate = new Link(Socket, url, token, options.tokenIn, progress.cursor, endsAt, owner);
    } catch {
      // What was thrown holds the URL or the token, and states get logged.
      this.retry({ reason: 'invalid url or token' });
    }
  }

  private readonly owner: LinkOwner = {
    onUp: (link, connected) => {
      this.current?.close();
      this.current = link;
      this.candidate = undefined;
      this.place(link, connected);
      this.hasBeenUp = true;
      this.timers.set('stable', STABLE_MS, () => {
        this.backOff.reset();
        this.hasTriedNewToken = false;
      });
      this.renewBefore(link.endsAt);
      if (this.now.status !== 'connected') this.become({ status: 'connected' });
    },

    onFrame: (link, frame) => {
      if (link === this.current) this.receive(frame);
    },

    onDown: (link, code, reason) => {
      if (link === this.candidate) {
        this.candidate = undefined;
      } else {
        this.current = undefined;
        this.timers.stopAll();
        this.attempt += 1;
        // The server may have closed it because of the candidate, whose first frame is still under way.
        if (this.candidate) return this.become({ status: 'connecting' });
      }
      this.comeBack(code, reason);
    },
  };

  /** Where the link begins, and whether something lies before it that nobody will send. */
  private place(link: Link, connected: Frame | undefined): void {
    const { hasBeenUp, progress, resyncs } = this;
    if (connected?.resumed === false && link.cursor) {
      // RESYNC is next. A fetch that still runs may have read before this gap.
      resyncs.cancel();
      progress.hold(connected.cursor);
    } else {
      progress.advance(connected?.cursor);
      // A server without cursors, now or last time.
      if (connected ? hasBeenUp && !link.cursor : hasBeenUp || link.cursor) {
        this.resync(connected?.cursor, 'CURSOR_UNKNOWN', 0);
      }
    }
  }

  private receive(frame: Frame): void {
    const { message_type: name, cursor } = frame;
    switch (name) {
      case 'RESYNC':
        return this.resync(cursor, frame.reason as ResyncReason, Number(frame.spread_ms) || 0);
      case 'CONNECTED':
      // The client's own names, which no event can have.
      case 'state':
      case 'resync':
        return;
      case 'HEARTBEAT':
        break;
      default:
        if (this.progress.isNew(cursor)) this.handlers.call(name, frame);
    }
    this.progress.advance(cursor);
  }

  private resync(cursor: unknown, reason: ResyncReason, spreadMs: number): void {
    this.progress.hold(cursor);
    this.resyncs.start(reason, spreadMs);
  }

  private comeBack(code: number, reason: string): void {
    const reaction = reactionTo(code);
    const wantsToken = reaction === 'new-token';
    if (reaction === 'stop' || (wantsToken && this.hasTriedNewToken)) {
      // A candidate that is refused for good leaves the current link, until that is closed itself.
      if (!this.current) this.end({ status: 'closed', reason, code });
      return;
    }
    if (wantsToken) this.hasTriedNewToken = true;
    const hintMs = reaction === 'wait' ? hintIn(reason) : undefined;
    const delayMs = wantsToken ? 0 : hintMs === undefined ? this.backOff.next() : Math.random() * hintMs;
    this.retry({ reason, code }, delayMs);
  }

  private retry(why: Omit<Waiting, 'status' | 'delayMs'>, delayMs = this.backOff.next()): void {
    if (this.current) return this.renewIn(delayMs);
    this.timers.set('next', delayMs, () => void this.open());
    this.become({ status: 'waiting', delayMs, ...why });
  }

  /** The next link is opened before this one's token ends, so that nobody notices. */
  private renewBefore(endsAt: number): void {
    const lifeMs = endsAt - Date.now();
    const earlyMs = Math.min(RENEW_MS, lifeMs / 2) * (0.5 + Math.random() / 2);
    // One that has ended was accepted all the same: the clocks differ, and the server will say when it is over.
    if (lifeMs > 0 && lifeMs < Infinity) this.renewIn(Math.max(lifeMs - earlyMs, RENEW_AGAIN_MS));
  }

  private renewIn(delayMs: number): void {
    this.timers.set('next', delayMs, () => void this.open(true));
  }

  /** What waits goes at once; what has been silent for too long is replaced. */
  private wake(): void {
    if (this.now.status === 'waiting' || (this.candidate ?? this.current)?.isSilent) void this.open();
  }

  private pause(reason: 'offline' | 'hidden'): void {
    this.drop();
    this.become({ status: 'waiting', reason });
  }

  private end(state: Closed): void {
    if (this.now.status === 'closed') return;
    this.life.abort();
    this.resyncs.cancel();
    this.drop();
    this.become(state);
    this.handlers.clear();
  }

  private drop(): void {
    this.attempt += 1;
    this.timers.stopAll();
    this.current?.close();
    this.candidate?.close();
    this.current = this.candidate = undefined;
  }

  private become(state: LiveState): void {
    this.now = state;
    this.handlers.call('state', state);
  }
}
