import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { TRUSTING } from './proxy-process';

/** How a connection ended. */
interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** Somebody with a plain connection, who comes back as PROTOCOL.md says, and tells what an upgrade was refused with. */
export class PlainVisitor {
  readonly ids: string[] = [];
  readonly endings: Ending[] = [];
  readonly refusals: string[] = [];
  private socket: WebSocket | undefined;
  private hasLeft = false;

  constructor(private readonly url: string) {}

  get isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Resolves at the greeting; rejects with what the upgrade was refused with. */
  async open(): Promise<void> {
    const socket = new WebSocket(this.url, TRUSTING);
    socket.on('error', () => undefined);
    const refused = once(socket, 'error').then(([error]: Error[]) => Promise.reject(error!));
    refused.catch(() => undefined);
    socket.on('message', (data: Buffer) => this.hear(JSON.parse(data.toString())));
    socket.once('close', (code, reason) => void this.closed({ code, reason: reason.toString() }));
    await Promise.race([once(socket, 'message'), refused]);
    this.socket = socket;
  }

  async leave(): Promise<void> {
    this.hasLeft = true;
    const { socket } = this;
    if (!socket || socket.readyState === WebSocket.CLOSED) return;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  }

  private hear(frame: unknown): void {
    if (typeof frame === 'object') this.ids.push((frame as { id: string }).id);
  }

  private async closed(ending: Ending): Promise<void> {
    if (this.hasLeft) return;
    this.endings.push(ending);
    const hint = /^\{"reconnect_within_ms":(\d+)\}$/.exec(ending.reason)?.[1];
    await sleep(Math.random() * Number(hint ?? 0));
    if (this.hasLeft) return;
    await this.open().catch((error: Error) => this.refusals.push(error.message));
  }
}
