import { answer } from './answer';
import { now } from './clock';
import { Client, ClientOwner } from './driver/client';
import { Deliveries } from './driver/deliveries';
import { WIRES, Wire } from './driver/wire';
import { Connect, DriverRole, Emission, Latencies } from './roles';
import { Scale } from './scenarios';

/** How many connections are being opened at once. */
const OPENING = 64;

/** All the clients, in a process of their own: connects them, and checks what each of them gets. */
class DriverProcess implements DriverRole, ClientOwner {
  greeting = Buffer.alloc(0);
  private readonly clients: Client[] = [];
  private readonly live = new Set<Client>();
  private readonly found: string[] = [];
  private wire: Wire = WIRES.bare;
  private scale: Scale = 1_000;
  private deliveries: Deliveries | undefined;
  private onChange: (() => void) | undefined;

  connect({ server, port, scale, count }: Connect): Promise<number> {
    this.wire = WIRES[server];
    this.scale = scale;
    this.greeting = Buffer.from(this.wire.greeting);
    const target = this.clients.length + count;
    const visits = Array.from({ length: count }, (_, n) => this.wire.visit(this.clients.length + n));
    const first = this.clients.length;
    const start = now();
    return new Promise((resolve, reject) => {
      this.onChange = () => {
        if (this.found.length > 0) return reject(new Error(this.problem()));
        if (this.live.size === target) return resolve((now() - start) / 1_000);
        while (this.clients.length < target && this.clients.length - this.live.size < OPENING) {
          const index = this.clients.length;
          this.clients.push(new Client(index, port, visits[index - first]!, this));
        }
      };
      this.onChange();
    });
  }

  expect(emission: Emission): void {
    const textOf = (json: string) => this.wire.textOf(json);
    this.deliveries = new Deliveries(emission, this.clients.length, this.scale, textOf);
  }

  arrived(timeoutMs: number): Promise<number> {
    if (!this.deliveries) throw new Error('nothing is expected');
    return this.deliveries.complete(timeoutMs);
  }

  latencies(emittedAt: readonly number[]): Latencies {
    if (!this.deliveries) throw new Error('nothing was expected');
    return this.deliveries.latencies(emittedAt);
  }

  problem(): string | undefined {
    if (this.found.length < 2) return this.found[0];
    return `${this.found[0]} (and ${this.found.length - 1} more problems)`;
  }

  onLive(client: Client): void {
    if (this.live.has(client)) return this.onProblem(client, 'was greeted twice');
    this.live.add(client);
    this.onChange?.();
  }

  onText(client: Client, bytes: Buffer, start: number, end: number, at: number): void {
    const problem = this.deliveries
      ? this.deliveries.take(client.index, bytes, start, end, at)
      : `expected nothing, got ${bytes.toString('utf8', start, end)}`;
    if (problem) this.onProblem(client, problem);
  }

  onProblem(client: Client, problem: string): void {
    this.found.push(`connection ${client.index}: ${problem}`);
    this.onChange?.();
  }
}

/** How long the driver sleeps between two looks at its sockets, in milliseconds. */
const NAP_MS = 0.2;

/**
 * Sleeps anywhere but in epoll: whoever waits there is woken by the server's sends, in the server's CPU time, which
 * no server pays for clients on other machines.
 */
function nap(): void {
  Atomics.wait(BED, 0, 0, NAP_MS);
  setImmediate(nap);
}

const BED = new Int32Array(new SharedArrayBuffer(4));

answer(new DriverProcess());
nap();
