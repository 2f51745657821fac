/** How large a run is, and what repeats it. */
export interface Settings {
  /** The same seed plans the same faults, events and clients. */
  readonly seed: number;
  readonly events: number;
  readonly faults: number;
  readonly clients: number;
  /** Over how many minutes the events and the faults are spread. */
  readonly minutes: number;
}

/** From the environment; what is not there is as large as it gets. @throws RangeError when it makes no sense */
export function readSettings(): Settings {
  return {
    seed: whole('SEED', Math.floor(Math.random() * 2 ** 31), 0),
    events: whole('EVENTS', 1_000_000, 1),
    faults: whole('FAULTS', 200, 0),
    clients: whole('CLIENTS', 1_000, 100),
    minutes: whole('MINUTES', 50, 1),
  };
}

/** A whole number of the environment. @throws RangeError */
export function whole(name: string, otherwise: number, least: number): number {
  const value = Number(process.env[name] ?? otherwise);
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${name} is a whole number from ${least}`);
  return value;
}
