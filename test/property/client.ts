/** A frame as a client reads it. */
export interface Received {
  readonly message_type?: string;
  readonly cursor?: string;
  /** The number of an event. */
  readonly n?: number;
  readonly resumed?: boolean;
}

/** Somebody who comes back, by the rules of PROTOCOL.md for clients. */
export class Client {
  /** What to come back with; empty the first time. */
  cursor = '';
  /** The first place it ever was at. */
  beginning: string | undefined;
  /** Everything that came through, on all connections. */
  readonly received: Received[] = [];
  /** Up to here it has fetched from the host, again and again. */
  readonly fetches: string[] = [];
  /** Whether it ever came with another cursor than its own: it may have skipped something by itself. */
  hasLied = false;
  private isOnline = false;

  constructor(readonly userId: string) {}

  get mayConnect(): boolean {
    return !this.isOnline;
  }

  connecting(): void {
    this.isOnline = true;
  }

  /** The connection is gone: so much of what was written has come through, and a fetch that it asked for is done or not. */
  hangUp(texts: readonly string[], share: number, hasFetched: boolean): void {
    if (!this.isOnline) return;
    this.isOnline = false;
    let latest = this.cursor;
    let mustFetch: string | undefined;
    for (const text of texts.slice(0, Math.floor(texts.length * share))) {
      const frame = JSON.parse(text) as Received;
      this.received.push(frame);
      latest = frame.cursor ?? latest;
      if (frame.message_type === 'RESYNC') mustFetch = frame.cursor;
      if (frame.message_type === 'CONNECTED') {
        this.beginning ??= frame.cursor;
        if (!frame.resumed && this.cursor !== '') mustFetch ??= frame.cursor;
      }
    }
    if (mustFetch !== undefined && !hasFetched) {
      // Who has never been anywhere begins again.
      if (this.cursor === '') this.beginning = undefined;
      return;
    }
    if (mustFetch !== undefined) this.fetches.push(mustFetch);
    this.cursor = latest;
  }
}
