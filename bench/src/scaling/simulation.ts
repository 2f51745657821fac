import { Costs } from './costs';
import { gatherMs, readsPerSecond } from './gather';
import { Random } from './random';
import { Workload, ratesOf } from './workload';

/** What a simulated cell has done. */
export interface Outcome {
  /** Of one core: the mean of all nodes, and the busiest. */
  readonly node: { readonly mean: number; readonly most: number };
  /** Of Redis's one thread. */
  readonly redis: number;
  /** From the emit to the write, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** A message or an indicator in the log. */
interface Appended {
  readonly emittedAt: number;
  readonly readableAt: number;
  readonly channel: number;
  readonly reach: number;
}

const MS = 1e-3;
const US = 1e-6;

/** What the network takes one way, in seconds. */
const NETWORK = 0.25 * MS;

/** Channels: many small ones, few large ones, and most is said in few of them. */
const CHANNELS = 20_000;

/**
 * A cell, event by event: messages at random, in channels of very different size and business; one thread that is Redis,
 * in which appends and reads queue; nodes that read what has gathered, and write it to whoever of a channel is there.
 * Frames for one channel in one batch share a write.
 *
 * @param seconds of the cell's time
 */
export function simulate(workload: Workload, costs: Costs, seconds: number, seed: number): Outcome {
  const random = new Random(seed);
  const appended = appendAll(workload, costs, seconds, random);
  const nodes = Array.from({ length: workload.nodes }, () => new Node(workload, costs, random));
  const latencies = new Latencies();
  for (const node of nodes) node.follow(appended.records, latencies);
  const busy = nodes.map((node) => node.busy / seconds);
  return {
    node: { mean: busy.reduce((a, b) => a + b) / busy.length, most: Math.max(...busy) },
    redis: appended.redisBusy / seconds,
    p50: latencies.quantile(0.5),
    p99: latencies.quantile(0.99),
  };
}

/** Everything that is emitted, as it comes out of Redis's one thread. */
function appendAll(workload: Workload, costs: Costs, seconds: number, random: Random) {
  const { records: perSecond, presence } = ratesOf(workload);
  const sizes = channelSizes(workload.reach, random);
  const reads = (workload.nodes * readsPerSecond(perSecond, workload.nodes)) / perSecond;
  const serviceS =
    (costs.appendRedisUs +
      reads * costs.readRedisUs +
      workload.nodes * costs.recordRedisUs +
      (presence / perSecond) * costs.presenceRedisUs) *
    US;
  const records: Appended[] = [];
  let freeAt = 0;
  let redisBusy = 0;
  for (let now = random.exponential(perSecond); now < seconds; now += random.exponential(perSecond)) {
    const channel = random.below(CHANNELS);
    freeAt = Math.max(freeAt, now + NETWORK) + serviceS;
    redisBusy += serviceS;
    records.push({ emittedAt: now, readableAt: freeAt + NETWORK, channel, reach: sizes[channel]! });
  }
  return { records, redisBusy };
}

/** Log-normal, with the mean that is wanted: half of the channels reach less than a third of it. */
function channelSizes(mean: number, random: Random): number[] {
  const spread = 1.5;
  const median = mean / Math.exp(spread ** 2 / 2);
  return Array.from({ length: CHANNELS }, () => median * Math.exp(spread * random.normal()));
}

/** One node's event loop. */
class Node {
  busy = 0;

  constructor(
    private readonly workload: Workload,
    private readonly costs: Costs,
    private readonly random: Random,
  ) {}

  follow(records: readonly Appended[], latencies: Latencies): void {
    const background = this.background();
    const gather = gatherMs(ratesOf(this.workload).records, this.workload.nodes) * MS;
    let freeAt = 0;
    for (let next = 0; next < records.length;) {
      // It has waited since its last read, and is woken by what comes next.
      const readAt = Math.max(freeAt + (freeAt > 0 ? gather : 0), records[next]!.readableAt);
      let end = next;
      while (end < records.length && records[end]!.readableAt <= readAt) end += 1;
      const took = this.costOf(records, next, end) / (1 - background);
      this.busy += took * (1 - background);
      freeAt = readAt + took;
      for (let index = next; index < end; index += 1) latencies.add(freeAt - records[index]!.emittedAt);
      next = end;
    }
    this.busy += background * (records.at(-1)?.readableAt ?? 0);
  }

  /** What goes on whatever is said: connects, pings, and its own emits; a part of its core. */
  private background(): number {
    const { nodes, connections } = this.workload;
    const { records, connects } = ratesOf(this.workload);
    const { emitUs, connectUs, idleUs } = this.costs;
    return Math.min(0.95, ((records * emitUs + connects * connectUs + connections * idleUs) / nodes) * US);
  }

  /** A batch, in seconds. */
  private costOf(records: readonly Appended[], from: number, to: number): number {
    const { readUs, recordUs, deliveryUs, frameUs } = this.costs;
    const count = to - from;
    let us = readUs + count * recordUs;
    const writes = new Map<number, number>();
    for (let index = from; index < to; index += 1) {
      const { channel, reach } = records[index]!;
      const shared = writes.get(channel);
      const here = shared ?? this.random.poisson(reach / this.workload.nodes);
      us += here * (shared === undefined ? deliveryUs : frameUs);
      writes.set(channel, here);
    }
    return us * US;
  }
}

/** Times in steps of a tenth of a millisecond, to ten seconds. */
class Latencies {
  private readonly counts = new Uint32Array(100_001);
  private total = 0;

  add(seconds: number): void {
    this.counts[Math.min(100_000, Math.round(seconds * 10_000))]! += 1;
    this.total += 1;
  }

  /** In milliseconds. */
  quantile(part: number): number {
    let left = this.total * part;
    const at = this.counts.findIndex((count) => (left -= count) <= 0);
    return at / 10;
  }
}
