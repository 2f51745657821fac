import { FanOut, Scale, ServerName } from './scenarios';

/** Events that are emitted together: numbers `first`, `first + 1`, … */
export interface Emission {
  readonly fanOut: FanOut;
  readonly first: number;
  readonly ticks: number;
}

/** How many events those are. */
export function countOf({ fanOut, ticks }: Emission): number {
  return fanOut.perTick * ticks;
}

/** What can be asked of a server's process. */
export interface ServerRole {
  listen(scale: Scale): Promise<number>;
  /** CPU time since the process started, user and system, in microseconds. */
  cpu(): number;
  /** Resident memory after a garbage collection, in bytes. */
  rss(): Promise<number>;
  /** Emits at the pace of the scenario, by its own timers; resolves after the last event. */
  emit(emission: Emission): Promise<void>;
  /** When each event of the last emission was due to go out, on the clock that all processes share. */
  emittedAt(): number[];
  startProfile(): Promise<void>;
  /** Writes what has been profiled since the start into a file. */
  stopProfile(file: string): Promise<void>;
}

/** Where the driver connects, and as how many users. */
export interface Connect {
  readonly server: ServerName;
  readonly port: number;
  readonly scale: Scale;
  /** How many connections from here on; a user's number is that of his connection. */
  readonly count: number;
}

/** Two latencies of a fan-out, in milliseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

/** What can be asked of the driver's process. */
export interface DriverRole {
  /** Opens connections, as fast as the server takes them, until each has been greeted; resolves to the seconds. */
  connect(connect: Connect): Promise<number>;
  /** Says what will come, to be called before {@link ServerRole.emit}. */
  expect(emission: Emission): void;
  /** Resolves to the number of deliveries when all have come, and rejects when they don't within the time. */
  arrived(timeoutMs: number): Promise<number>;
  latencies(emittedAt: readonly number[]): Latencies;
  /** What has gone wrong first on any connection, if anything has. */
  problem(): string | undefined;
}
