import { messageOf } from '../message';
import { Emission, Latencies, countOf } from '../roles';
import { Scale } from '../scenarios';
import { channelOf, channelsOf } from '../topology';
import { percentile } from '../statistics';

/** How much of a wrong text is shown. */
const SHOWN_BYTES = 100;

/** What an emission has to bring to whom, and what of it has come: each text whole, in order, to the last. */
export class Deliveries {
  private readonly texts: readonly Buffer[];
  /** For each connection, the events that it is to get. */
  private readonly expected: readonly (readonly number[])[];
  /** For each connection, how many of them it has got. */
  private readonly got: Uint32Array;
  private readonly events: Uint32Array;
  private readonly arrivals: Float64Array;
  private count = 0;
  private onComplete: (() => void) | undefined;

  constructor(
    private readonly emission: Emission,
    connections: number,
    scale: Scale,
    textOf: (json: string) => string,
  ) {
    const { first, fanOut } = emission;
    const events = Array.from({ length: countOf(emission) }, (_, n) => first + n);
    const channel = (event: number) => channelOf(event, fanOut.to);
    this.texts = events.map((event) => Buffer.from(textOf(JSON.stringify(messageOf(event, channel(event))))));
    const byChannel = new Map<number, number[]>();
    for (const event of events)
      byChannel.set(channel(event), [...(byChannel.get(channel(event)) ?? []), event]);
    this.expected = Array.from({ length: connections }, (_, user) =>
      channelsOf(user, scale)
        .flatMap((number) => byChannel.get(number) ?? [])
        .sort((a, b) => a - b),
    );
    const total = this.expected.reduce((sum, own) => sum + own.length, 0);
    this.got = new Uint32Array(connections);
    this.events = new Uint32Array(total);
    this.arrivals = new Float64Array(total);
  }

  /** @returns what is wrong with it, if anything */
  take(connection: number, bytes: Buffer, start: number, end: number, at: number): string | undefined {
    const event = this.expected[connection]?.[this.got[connection]!];
    const text = event === undefined ? undefined : this.texts[event - this.emission.first]!;
    if (event === undefined || text === undefined || text.compare(bytes, start, end) !== 0) {
      const shown = bytes.toString('utf8', start, Math.min(end, start + SHOWN_BYTES));
      return `expected ${event === undefined ? 'nothing' : `event ${event}`}, got ${end - start} bytes: ${shown}`;
    }
    this.got[connection]! += 1;
    this.events[this.count] = event;
    this.arrivals[this.count] = at;
    this.count += 1;
    if (this.count === this.arrivals.length) this.onComplete?.();
    return undefined;
  }

  /** Resolves when all have come, and rejects when they have not within the time. */
  complete(timeoutMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.count === this.arrivals.length) return resolve(this.count);
      const late = () => reject(new Error(`${this.arrivals.length - this.count} deliveries are missing`));
      const timer = setTimeout(late, timeoutMs);
      this.onComplete = () => {
        clearTimeout(timer);
        resolve(this.count);
      };
    });
  }

  /** How long the deliveries took from emit to arrival. */
  latencies(emittedAt: readonly number[]): Latencies {
    const { first } = this.emission;
    const sorted = this.arrivals.map((at, n) => at - emittedAt[this.events[n]! - first]!).sort();
    return { p50: percentile(sorted, 50), p99: percentile(sorted, 99) };
  }
}
