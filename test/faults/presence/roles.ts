/** What a node said when it was asked who is online; times in milliseconds since 1970. */
export interface Answer {
  readonly from: number;
  readonly until: number;
  /** The users asked about are all with a smaller number, or this one only. */
  readonly asked: { readonly below: number } | { readonly only: number };
  readonly online: readonly number[];
  /** How many there are, where that was asked too. */
  readonly count?: number;
}

/** A node: `node-process.ts`. */
export interface NodeRole {
  /** @param port 0: any. @returns the port */
  listen(redisUrl: string, port: number, name: string, newsFile: string): Promise<number>;
  /** Asks about the users with a smaller number, and about this one. Rejects where Redis can't be asked. */
  look(below: number, only: number): Promise<Answer[]>;
  /** Kills itself in the first listener that is called from now on, and never answers. */
  dieTelling(): Promise<void>;
}

/** One try to connect, and what became of it; times in milliseconds since 1970. */
export interface Stay {
  readonly user: number;
  readonly node: number;
  readonly asked: number;
  /** When the first frame came. */
  opened?: number;
  /** When the client knew that it was over. */
  gone?: number;
}

/** The clients: `clients-process.ts`. */
export interface ClientsRole {
  /** Everyone connects, and comes back at once who loses a connection. @param ports of the nodes */
  open(ports: readonly number[]): void;
  /** Which nodes anybody may connect to from now on. */
  use(nodes: readonly number[]): void;
  /** How many users there have been. */
  population(): number;
  /** From now on some leave, and who loses a connection may stay away. */
  stir(): void;
  /** Everybody comes, and it is as at the beginning. */
  calm(): void;
  /** How many connections are missing. */
  missing(): number;
  /** Everyone leaves, for good. */
  leave(): void;
  stays(): Stay[];
}
