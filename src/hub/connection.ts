import { randomUUID } from 'node:crypto';
import { Position } from '../log/position';
import { Close } from '../protocol/close-codes';
import { ConnectionSocket } from './connection-socket';
import { FrameRun } from './frame-run';
import { Principal } from './principal';
import { Place } from './window';

/** What a host sees of a connection. */
export interface LiveConnection {
  /** Random, for logs. */
  readonly id: string;
  readonly userId: string;
  readonly connectedAt: Date;
}

/**
 * Why a connection is behind: `new`: it has been sent nothing yet; `changed`: its user's topics are being asked for
 * again; `ahead`: it came back with a cursor that this node has yet to reach; `broken`: records can't be had.
 */
export type BehindCause = 'new' | 'changed' | 'ahead' | 'broken';

/** A connection gets nothing until it has caught up. */
export interface Behind {
  readonly kind: 'behind';
  readonly cause: BehindCause;
  /** Held, so that what comes after it is there. */
  readonly place: Place;
  /** Up to here it has been sent what is for it. */
  readonly from: Position;
}

/** Where a connection stands: `behind`, until it has caught up; `live`: it gets what comes; `closed`. */
export type ConnectionState = Behind | { readonly kind: 'live' } | { readonly kind: 'closed' };

/** In the last minute of its token (or the last half of a short one's life) a connection is being replaced by its own client. */
const LAST_MS = 60_000;

/** How many connections this process has had. */
let made = 0;

const LIVE: ConnectionState = { kind: 'live' };
const CLOSED: ConnectionState = { kind: 'closed' };

/** One WebSocket of one user, as the hub sees it. */
export class Connection implements LiveConnection {
  private readonly connectedAtMs = Date.now();
  private lazyId: string | undefined;
  /** Its number among all that this process has had. */
  readonly serial = ++made;
  readonly isResumable: boolean;
  state: ConnectionState;
  /** Frames that it is to get with the next write. */
  run: FrameRun | undefined;
  /** A refresh that waits for its turn. */
  refresh: 'UPDATE_STATUS' | 'UPDATE_USERS' | undefined;
  /** Typing indicators that wait until it reads again, by topic and user; undefined while it reads. */
  heldTyping: Map<string, HeldTyping> | undefined;

  constructor(
    readonly principal: Principal,
    private readonly socket: ConnectionSocket,
    place: Place,
    /** What a resumable connection asked to resume from, empty the first time; undefined: it is a plain one. */
    private asked?: string,
  ) {
    this.isResumable = asked !== undefined;
    this.state = { kind: 'behind', cause: 'new', place, from: place.position };
  }

  get userId(): string {
    return this.principal.userId;
  }

  /** Made when it is asked for: most connections never are, and a UUID costs half a kilobyte until it is read. */
  get id(): string {
    this.lazyId ??= randomUUID();
    return this.lazyId;
  }

  get connectedAt(): Date {
    return new Date(this.connectedAtMs);
  }

  /** From when it does not count for the limit of its user's connections, in milliseconds since 1970; infinity: never. */
  get replacedFrom(): number {
    const { expiresAt, issuedAt = this.connectedAtMs } = this.principal;
    if (expiresAt === undefined) return Number.POSITIVE_INFINITY;
    return expiresAt - Math.min(LAST_MS, (expiresAt - issuedAt) / 2);
  }

  get isLive(): boolean {
    return this.state.kind === 'live';
  }

  get isOpen(): boolean {
    return this.state.kind !== 'closed';
  }

  /** Bytes that were written and that the kernel has not taken yet. */
  get pendingBytes(): number {
    return this.socket.pendingBytes;
  }

  /** Bytes that were ever written to it. */
  get writtenBytes(): number {
    return this.socket.writtenBytes;
  }

  goLive(): void {
    this.state = LIVE;
  }

  fallBehind(cause: BehindCause, place: Place, from = place.position): void {
    this.state = { kind: 'behind', cause, place, from };
  }

  /** What it asked to resume from: told once. */
  takeAsked(): string {
    const asked = this.asked ?? '';
    this.asked = undefined;
    return asked;
  }

  /** Writes what waits, in one write. */
  flush(): void {
    const run = this.run;
    this.run = undefined;
    if (run && this.isOpen) this.socket.write(run.toBuffer());
  }

  /** Closes it, after what waits. Only {@link Hub.close} and {@link Hub.forget} call it, which tidy up after it. */
  end(close: Close | undefined): void {
    if (close) {
      this.flush();
      this.socket.close(close);
    }
    this.state = CLOSED;
    this.run = undefined;
    this.heldTyping = undefined;
  }
}

/** A typing indicator that waits for a connection that does not read. */
export interface HeldTyping {
  readonly frame: Buffer;
  /** Milliseconds since 1970. */
  readonly at: number;
}
