import { AddressInfo, Server, Socket, connect, createServer } from 'node:net';

/** What does not come through: nothing, the answers only, or all. */
type Silence = 'none' | 'answers' | 'all';

type Mood =
  | { readonly kind: 'fair' | 'cut' }
  | { readonly kind: 'silent'; readonly silence: Silence }
  | { readonly kind: 'slow'; readonly delayMs: number };

interface Line {
  silence: Silence;
  readonly near: Socket;
  readonly far: Socket;
}

const FAIR: Mood = { kind: 'fair' };

/** A line of TCP to a server that can be treated badly. */
export class Proxy {
  private readonly lines = new Set<Line>();
  private mood: Mood = FAIR;
  private readonly server: Server;

  private constructor(private port: number) {
    this.server = createServer((near) => this.take(near));
  }

  static async to(port: number): Promise<Proxy> {
    const proxy = new Proxy(port);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get ownPort(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.ownPort}`;
  }

  /** Everything is reset, and so is what comes. */
  cut(): void {
    this.mood = { kind: 'cut' };
    this.drop();
  }

  /** What is open, and what is opened meanwhile, stays open for ever, and nothing comes through, or no answer. */
  halfOpen(silence: 'answers' | 'all'): void {
    this.mood = { kind: 'silent', silence };
    for (const line of this.lines) line.silence = silence;
  }

  /** Each piece comes so much later. */
  slow(delayMs: number): void {
    this.mood = { kind: 'slow', delayMs };
  }

  /** From now on it leads to another server; what is open breaks off. */
  lead(port: number): void {
    this.port = port;
    this.drop();
  }

  /** As it was; what has fallen silent stays so. */
  heal(): void {
    this.mood = FAIR;
  }

  close(): void {
    this.server.close();
    this.drop();
  }

  private drop(): void {
    for (const { near, far } of this.lines) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  private take(near: Socket): void {
    near.on('error', () => undefined);
    if (this.mood.kind === 'cut') return void near.resetAndDestroy();
    const far = connect({ host: '127.0.0.1', port: this.port, noDelay: true });
    near.setNoDelay();
    const silence = this.mood.kind === 'silent' ? this.mood.silence : 'none';
    const line: Line = { silence, near, far };
    this.lines.add(line);
    this.pass(line, near, far, () => line.silence === 'all');
    this.pass(line, far, near, () => line.silence !== 'none');
  }

  private pass(line: Line, from: Socket, to: Socket, isSilent: () => boolean): void {
    const queue = new DelayedQueue((bytes) => void (isSilent() || to.destroyed || to.write(bytes)));
    from.on('data', (bytes) => queue.add(bytes, this.mood.kind === 'slow' ? this.mood.delayMs : 0));
    from.on('error', () => undefined);
    from.on('close', () => {
      this.lines.delete(line);
      queue.close();
      to.destroy();
    });
  }
}

/** Bytes in their order, each piece after its delay: none overtakes another, as TCP has it, however late a timer is. */
class DelayedQueue {
  private readonly pieces: { readonly bytes: Buffer; readonly due: number }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly write: (bytes: Buffer) => void) {}

  add(bytes: Buffer, delayMs: number): void {
    if (delayMs === 0 && this.pieces.length === 0) return this.write(bytes);
    this.pieces.push({ bytes, due: performance.now() + delayMs });
    this.timer ??= setTimeout(() => this.run(), delayMs);
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private run(): void {
    this.timer = undefined;
    while (this.pieces.length > 0 && this.pieces[0]!.due <= performance.now()) {
      this.write(this.pieces.shift()!.bytes);
    }
    const [next] = this.pieces;
    if (next) this.timer = setTimeout(() => this.run(), Math.max(1, next.due - performance.now()));
  }
}
