import { Socket, connect } from 'node:net';
import { answer } from '../answer';
import { now } from '../clock';
import { OPCODES, clientFrame } from '../driver/client-frame';
import { FrameReader } from '../driver/frame-reader';
import { tokenFor } from '../driver/token';
import { userId } from '../message';
import { HOST } from '../servers/bench-server';
import { StormClientsRole } from './roles';
import { CLIENTS } from './topology';
import { END_OF_HEAD, upgradeRequest } from '../driver/upgrade-request';

/** How many wait for their upgrade at once: half of what waits at a listening socket of Node's. */
const WAITING = 250;

const CURSOR = /"cursor":"([\d-]+)"/;

/** One client: it counts what it gets, and remembers where it was. */
class StormClient {
  cursor = '';
  events = 0;
  private socket: Socket | undefined;
  private visits = 0;

  constructor(
    private readonly token: string,
    private readonly onEvent: () => void,
    private readonly onProblem: (problem: string) => void,
  ) {}

  open(port: number, onUpgraded?: () => void): void {
    this.events = 0;
    let head: string | undefined = '';
    const frames = new FrameReader((opcode, ...payload) => this.onFrame(opcode, ...payload));
    this.visits += 1;
    // An address of its own for each visit: a port that was in use a moment ago would be reset.
    const localAddress = `127.0.1.${this.visits}`;
    const socket = connect({ host: HOST, port, noDelay: true, localAddress });
    this.socket = socket;
    socket.on('connect', () => {
      socket.write(upgradeRequest(`/ws?token=${this.token}&resume=${this.cursor}`, port));
    });
    socket.on('error', (error) => this.onProblem(error.message));
    socket.on('data', (chunk) => {
      let start = 0;
      if (head !== undefined) {
        const before: number = head.length;
        head += chunk.toString('latin1');
        const end = head.indexOf(END_OF_HEAD);
        if (end < 0) return;
        if (!head.startsWith('HTTP/1.1 101 ')) return this.onProblem(head.slice(0, end));
        start = end + END_OF_HEAD.length - before;
        head = undefined;
        onUpgraded?.();
      }
      if (start < chunk.length) frames.read(chunk, start, chunk.length);
    });
  }

  close(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    return new Promise((resolve) => {
      socket?.on('close', () => resolve());
      socket?.destroy();
    });
  }

  private onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === OPCODES.ping) this.socket?.write(clientFrame(OPCODES.pong, bytes.subarray(start, end)));
    if (opcode === OPCODES.close) return this.onProblem('a close frame');
    if (opcode !== OPCODES.text) return;
    const text = bytes.toString('latin1', start, end);
    this.cursor = CURSOR.exec(text)?.[1] ?? this.cursor;
    if (text.includes('"message_type":"RESYNC"')) return this.onProblem(`got ${text}`);
    if (text.includes('"message_type":"MESSAGE"')) this.events += 1;
    this.onEvent();
  }
}

/** All the clients, in a process of their own. */
class StormClients implements StormClientsRole {
  private readonly clients = Array.from(
    { length: CLIENTS },
    (_, index) =>
      new StormClient(
        tokenFor(userId(index)),
        () => this.onEvent?.(),
        (problem) => this.onProblem?.(problem),
      ),
  );
  private onEvent: (() => void) | undefined;
  private onProblem: ((problem: string) => void) | undefined;

  async connect(port: number, spreadMs: number, events: number): Promise<number> {
    const start = now();
    let last = start;
    if (spreadMs === 0) this.connectAtOnce(port);
    else {
      for (const [index, client] of this.clients.entries())
        setTimeout(() => client.open(port), (index / CLIENTS) * spreadMs);
    }
    await this.until(() => {
      last = now();
      return this.clients.every((client) => client.cursor !== '' && client.events === events);
    });
    return (last - start) / 1_000;
  }

  async received(events: number): Promise<void> {
    await this.until(() => this.clients.every((client) => client.events === events));
  }

  async drop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }

  /** As fast as the server takes them: what overflows its queue for new connections, TCP tries again after seconds. */
  private connectAtOnce(port: number): void {
    const waiting = this.clients.values();
    const openNext = () => waiting.next().value?.open(port, openNext);
    for (let count = 0; count < WAITING; count += 1) openNext();
  }

  /** Looked at now and then: to look at ten thousand for each frame would take the CPU that is measured. */
  private until(isDone: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setInterval(() => {
        if (!isDone()) return;
        clearInterval(timer);
        resolve();
      }, 20);
      this.onProblem = (problem) => {
        clearInterval(timer);
        reject(new Error(problem));
      };
    });
  }
}

answer(new StormClients());
