/** What can be measured, in the order in which it is. */
export const SCENARIOS = ['one-1000', 'burst-1000', 'connect', 'idle', 'one-10000', 'channels'] as const;

/** One of {@link SCENARIOS}. */
export type Scenario = (typeof SCENARIOS)[number];

/** What is measured, in the order of the table's columns: the product first. */
export const SERVERS = ['ours', 'stock', 'socket.io', 'bare'] as const;

/** One of {@link SERVERS}. */
export type ServerName = (typeof SERVERS)[number];

/** How many connections a server has in one life of its process: from its start to its end. */
export type Scale = 1_000 | 10_000;

/** Events that are emitted at a steady pace, and fanned out. */
export interface FanOut {
  /** Everyone's channel, another small channel each time, or a channel without members. */
  readonly to: 'everyone' | 'channels' | 'nobody';
  /** Events that are emitted in one turn of the event loop. */
  readonly perTick: number;
  readonly ticks: number;
  /** Ticks before those that are measured. */
  readonly warmUpTicks: number;
  /** Between two ticks, in milliseconds: more than the slowest server takes for one, so that nothing piles up. */
  readonly intervalMs: number;
}

/** The life that a scenario is part of. */
export const SCALE_OF: Readonly<Record<Scenario, Scale>> = {
  'one-1000': 1_000,
  'burst-1000': 1_000,
  connect: 10_000,
  idle: 10_000,
  'one-10000': 10_000,
  channels: 10_000,
};

/** The scenarios that emit, by name. */
export const FAN_OUTS = {
  'one-1000': { to: 'everyone', perTick: 1, ticks: 100, warmUpTicks: 20, intervalMs: 40 },
  'burst-1000': { to: 'everyone', perTick: 20, ticks: 12, warmUpTicks: 6, intervalMs: 400 },
  'one-10000': { to: 'everyone', perTick: 1, ticks: 10, warmUpTicks: 2, intervalMs: 350 },
  channels: { to: 'channels', perTick: 1, ticks: 1_000, warmUpTicks: 200, intervalMs: 4 },
} as const satisfies Partial<Record<Scenario, FanOut>>;

/** What comes before them, so that their code is compiled, as that of a server which runs for days. */
export const WARM_UP: FanOut = { to: 'nobody', perTick: 20, ticks: 200, warmUpTicks: 0, intervalMs: 2 };

/** The name of a scenario that emits. */
export type FanOutName = keyof typeof FAN_OUTS;

/** The scenarios that emit, in the order in which they run at a scale. */
export function fanOutsAt(scale: Scale): readonly FanOutName[] {
  return (Object.keys(FAN_OUTS) as FanOutName[]).filter((name) => SCALE_OF[name] === scale);
}
