import WebSocket from 'ws';
import { tokenOf } from '../../support/tokens';
import { Stay } from './roles';
import { userOf } from './users';

/** How long a handshake may take, in milliseconds: the node may just have been stopped. */
const HANDSHAKE_MS = 3_000;

/** How soon a client tries again that was not let in, in milliseconds. */
const RETRY_MS = 200;

/** For how long a client is away; `ms` of one that never comes back: when somebody else comes. */
export interface Absence {
  readonly kind: 'for a while' | 'for ever';
  readonly ms: number;
}

interface SeatOwner {
  /** Where to connect, if possible to none of these nodes. */
  pick(taken: ReadonlySet<number>): { readonly node: number; readonly port: number };
  /** A connection that stood is gone. */
  onLost(): void;
}

/** One of the connections that a user has, if he is there. */
export class Seat {
  private readonly target: string;
  private socket: WebSocket | undefined;
  private stay: Stay | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(
    user: number,
    private readonly siblings: readonly Seat[],
    private readonly journal: Stay[],
    private readonly owner: SeatOwner,
    private readonly number = user,
  ) {
    this.target = `/ws?token=${tokenOf(userOf(user), {}, { expiresIn: '6h' })}`;
  }

  get isTaken(): boolean {
    return this.socket !== undefined;
  }

  get isOpen(): boolean {
    return this.stay?.opened !== undefined;
  }

  /** The user has no other connections, ever. */
  get isAlone(): boolean {
    return this.siblings.length === 1;
  }

  comeIn(inMs: number): void {
    clearTimeout(this.timer);
    if (!this.isOver) this.timer = setTimeout(() => this.connect(), inMs);
  }

  /** The client closes it, and may come back. */
  close(): void {
    if (this.isOpen) this.socket!.close();
  }

  /** For good. */
  leave(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  private connect(): void {
    const taken = new Set(this.siblings.flatMap(({ stay }) => (stay ? [stay.node] : [])));
    const { node, port } = this.owner.pick(taken);
    const stay: Stay = { user: this.number, node, asked: Date.now() };
    this.stay = stay;
    this.journal.push(stay);
    const url = `ws://127.0.0.1:${port}${this.target}`;
    const socket = new WebSocket(url, { handshakeTimeout: HANDSHAKE_MS });
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.once('message', () => (stay.opened = Date.now()));
    socket.once('close', () => {
      stay.gone = Date.now();
      this.socket = undefined;
      this.stay = undefined;
      if (stay.opened === undefined) this.comeIn(RETRY_MS);
      else this.owner.onLost();
    });
  }
}
