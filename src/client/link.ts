import { BEARER_SUBPROTOCOL_PREFIX, GREETING, SUBPROTOCOL } from '../protocol/wire.ts';
import { RESUME_PARAMETER } from '../protocol/control.ts';
import type { LiveClientOptions, WebSocketClass, WebSocketLike } from './live-client.ts';
import { Timers } from './timers.ts';

/** An object from the server; what it holds beside its name is not checked. */
export interface Frame {
  readonly message_type: string;
  readonly [key: string]: unknown;
}

/** What a link tells the client. */
export interface LinkOwner {
  /** It is live, with what `CONNECTED` said; with nothing when the server knows no cursors. */
  onUp(link: Link, connected?: Frame): void;
  onFrame(link: Link, frame: Frame): void;
  /** Once, and then nothing more. */
  onDown(link: Link, code: number, reason: string): void;
}

/** How long an attempt may take, from the socket's making to the first frame, in milliseconds. */
const CONNECT_MS = 15_000;

/** How late a timer must be to tell that the page slept, and how long it then listens, in milliseconds. */
const NAP_MS = 1_000;

/** No close frame has come: RFC 6455, section 7.1.5. */
const ABNORMAL = 1006;

/** One socket. */
export class Link {
  private readonly socket: WebSocketLike;
  private readonly timers = new Timers<'silence'>();
  private owner: LinkOwner | undefined;
  private isUp = false;
  private heardAt = Date.now();
  private limitMs = CONNECT_MS;

  /**
   * @param cursor what it resumes from, or nothing
   * @param endsAt when its token ends, in milliseconds since 1970
   * @throws whatever `WebSocket` does for a bad URL or a token that is no header, the token in its message
   */
  constructor(
    Socket: WebSocketClass,
    url: string,
    token: string,
    tokenIn: LiveClientOptions['tokenIn'],
    readonly cursor: string,
    readonly endsAt: number,
    owner: LinkOwner,
  ) {
    const target = new URL(url, typeof location === 'object' ? location.href : undefined);
    target.protocol = target.protocol.replace('http', 'ws');
    target.searchParams.set(RESUME_PARAMETER, cursor);
    const isInQuery = tokenIn === 'query';
    if (isInQuery) target.searchParams.set('token', token);
    this.socket = new Socket(target.href, isInQuery ? [] : [SUBPROTOCOL, BEARER_SUBPROTOCOL_PREFIX + token]);
    this.socket.onmessage = ({ data }: { data: unknown }) => this.hear(data);
    this.socket.onclose = ({ code, reason }: { code: number; reason: string }) => this.down(code, reason);
    this.socket.onerror = () => undefined;
    this.owner = owner;
    this.watch();
  }

  /** Whether nothing has come for so long that it must be dead. */
  get isSilent(): boolean {
    return this.silentMs >= this.limitMs;
  }

  /** Ends it without telling the owner. */
  close(): void {
    this.owner = undefined;
    this.timers.stopAll();
    this.socket.close(1000);
  }

  private get silentMs(): number {
    // A clock that is set back must not make a dead link look alive for as long.
    this.heardAt = Math.min(this.heardAt, Date.now());
    return Date.now() - this.heardAt;
  }

  private hear(data: unknown): void {
    this.heardAt = Date.now();
    const frame = parse(data);
    if (frame === GREETING) this.up();
    if (!isFrame(frame)) return;
    if (!this.isUp && frame.message_type === 'CONNECTED') return this.up(frame);
    this.up();
    this.owner?.onFrame(this, frame);
  }

  private up(connected?: Frame): void {
    if (this.isUp) return;
    this.isUp = true;
    const heartbeatMs = Number(connected?.heartbeat_ms);
    this.limitMs = heartbeatMs > 0 ? heartbeatMs * 1.5 : Infinity;
    this.watch();
    this.owner?.onUp(this, connected);
  }

  /** A page that slept hears what has come meanwhile before it judges. */
  private watch(hasSlept = false): void {
    const delay = Math.max(this.limitMs - this.silentMs, NAP_MS);
    if (!this.owner || delay === Infinity) return this.timers.stopAll();
    const dueAt = Date.now() + delay;
    this.timers.set('silence', delay, () => {
      if (!this.isSilent) return this.watch();
      if (!hasSlept && Date.now() - dueAt > NAP_MS) return this.watch(true);
      this.socket.close(1000);
      this.down(ABNORMAL, 'silent');
    });
  }

  private down(code: number, reason: string): void {
    const { owner } = this;
    this.owner = undefined;
    this.timers.stopAll();
    owner?.onDown(this, code, reason);
  }
}

function parse(data: unknown): unknown {
  try {
    return JSON.parse(data as string);
  } catch {
    return undefined;
  }
}

function isFrame(value: unknown): value is Frame {
  return typeof (value as Frame | null | undefined)?.message_type === 'string';
}
