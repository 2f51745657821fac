import { Costs } from './costs';
import { readsPerSecond } from './gather';
import { Workload, ratesOf } from './workload';

/** How busy a cell is. */
export interface Load {
  /** Of one core, per node. */
  readonly node: number;
  /** Of Redis's one thread. */
  readonly redis: number;
}

const US = 1e-6;

/** What a cell's load is by multiplication, the same on each node, with nothing shared between events. */
export function loadOf(workload: Workload, costs: Costs): Load {
  const { nodes, connections, reach } = workload;
  const { records, presence, connects } = ratesOf(workload);
  const node =
    readsPerSecond(records, nodes) * costs.readUs +
    records * costs.recordUs +
    ((records * reach) / nodes) * costs.deliveryUs +
    (records / nodes) * costs.emitUs +
    (connects / nodes) * costs.connectUs +
    (connections / nodes) * costs.idleUs;
  const redis =
    records * costs.appendRedisUs +
    nodes * (readsPerSecond(records, nodes) * costs.readRedisUs + records * costs.recordRedisUs) +
    presence * costs.presenceRedisUs;
  return { node: node * US, redis: redis * US };
}

/** Memory of a node for its connections, and of Redis, in MiB. */
export function memoryOf(
  workload: Workload,
  costs: Costs,
): { readonly node: number; readonly redis: number } {
  const { connections, nodes } = workload;
  const held = ratesOf(workload).messages * 300 * costs.recordBytes;
  return {
    node: (connections / nodes) * (costs.connectionKiB / 1_024),
    redis: (connections * costs.presenceBytes + held) / 2 ** 20,
  };
}
