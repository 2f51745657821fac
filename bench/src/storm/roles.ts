/** What can be asked of the server's process. */
export interface StormServerRole {
  listen(): Promise<number>;
  /** One event into each of the topics that {@link missedTopics} names, `everyMs` apart; 0: all in one turn. */
  emit(everyMs: number): Promise<void>;
  /** Begins to measure. */
  start(): void;
  /** Since the start: CPU time in microseconds, and the longest stall of the event loop in milliseconds. */
  stop(): { readonly cpu: number; readonly stallMs: number };
  /** Memory after a garbage collection, in bytes. */
  memory(): Promise<{ readonly rss: number; readonly heap: number }>;
  connections(): number;
}

/** What can be asked of the clients' process. */
export interface StormClientsRole {
  /**
   * Everyone connects, spread over a time, with the last cursor of his; resolves to the seconds until the last had
   * `events` of them.
   */
  connect(port: number, spreadMs: number, events: number): Promise<number>;
  /** Resolves when everyone has got so many events on his connection. */
  received(events: number): Promise<void>;
  /** Everyone is gone. */
  drop(): Promise<void>;
}
