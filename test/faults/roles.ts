/** What became of an emit: the cursor where it was accepted. */
export type Outcome = 'refused' | 'unknown' | (string & {});

/** What every node does: `host-node.ts`. */
export interface HostRole {
  /** @param port 0: any. @returns the port */
  listen(redisUrl: string, port: number): Promise<number>;
}

/** A node that emits: `node-process.ts`. */
export interface NodeRole extends HostRole {
  /** Emits events by their numbers, and settles when all of them have. */
  emit(events: readonly number[]): Promise<Outcome[]>;
}

/** The clients: `clients-process.ts`. */
export interface ClientsRole {
  /** Everyone connects, to any of these ports, now and again. */
  open(ports: readonly number[]): void;
  /** How many are connected. */
  connected(): number;
  /** From now on nobody leaves by himself. */
  calm(): void;
  /** How many have not got an event of each of their topics whose number is as large. */
  lacking(event: number): number;
  epochs(): number[];
  /** The journals of some clients. */
  journals(first: number, count: number): string[];
}
