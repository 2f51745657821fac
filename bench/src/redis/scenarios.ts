import { FanOut } from '../scenarios';

/** What can be measured, in the order in which it is. */
export const SCENARIOS = ['two-nodes', 'append', 'follow'] as const;

/** One of {@link SCENARIOS}. */
export type Scenario = (typeof SCENARIOS)[number];

/** What two nodes run that work together. */
export const NODES = ['ours', 'socket.io'] as const;

/** One of {@link NODES}. */
export type NodeName = (typeof NODES)[number];

/** What follows: the log alone, or a whole node with its window. */
export const FOLLOWERS = ['tail', 'node'] as const;

/** One of {@link FOLLOWERS}. */
export type FollowerName = (typeof FOLLOWERS)[number];

/** So many connections on one of the two nodes that each small channel has ten members there. */
export const CONNECTIONS = 2_000;

/**
 * What comes before, one event at a time as what is measured: until everything is compiled, which takes thousands of
 * turns of the event loop, however many events there are in one.
 */
export const TWO_NODES_WARM_UP: FanOut = {
  to: 'channels',
  perTick: 1,
  ticks: 15_000,
  warmUpTicks: 0,
  intervalMs: 1,
};

/** Events that go out on one node, by how many there are a second. */
export const PACES: Readonly<Record<100 | 1_000, FanOut>> = {
  100: { to: 'channels', perTick: 1, ticks: 500, warmUpTicks: 100, intervalMs: 10 },
  1_000: { to: 'channels', perTick: 1, ticks: 5_000, warmUpTicks: 1_000, intervalMs: 1 },
};

/** Appends a second while their latency is measured, and how many there are. */
export const APPENDS = { perSecond: 5_000, count: 25_000 } as const;

/** Appends as fast as they are taken: how many there are, and how many wait at once. */
export const SATURATED_APPENDS = { count: 400_000, waiting: 4_000 } as const;

/** Records a second that are followed, each for some seconds. */
export const FOLLOWED = { perSecond: [1_000, 5_000], seconds: 5 } as const;

/** Records that a follower finds ahead of it. */
export const BACKLOG = 200_000;
