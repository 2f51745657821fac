import { whole } from '../settings';

/** How large a run is, and what repeats it. */
export interface Settings {
  /** The same seed plans the same faults and the same clients. */
  readonly seed: number;
  readonly kills: number;
  readonly nodes: number;
  readonly users: number;
  /** How long after one kill the next one comes, in milliseconds. */
  readonly everyMs: number;
  /** For how long Redis hangs, each time, and, as long as the first time, nobody can reach it, in milliseconds. */
  readonly hangsMs: readonly number[];
  /** How long nobody may be announced after that, in milliseconds. */
  readonly quietMs: number;
}

/** What the nodes are told, in milliseconds; the leases and beats are those of every host. */
export const GRACE_MS = 3_000;

/** From the environment; what is not there is as large as it gets. @throws RangeError when it makes no sense */
export function readSettings(): Settings {
  return {
    seed: whole('SEED', Math.floor(Math.random() * 2 ** 31), 0),
    kills: whole('KILLS', 100, 1),
    nodes: whole('NODES', 10, 4),
    users: whole('USERS', 300, 20),
    everyMs: whole('EVERY_MS', 6_000, 1_000),
    hangsMs: (process.env.HANGS_S ?? '20,40').split(',').map((seconds) => Number(seconds) * 1_000),
    quietMs: whole('QUIET_S', 60, 20) * 1_000,
  };
}
