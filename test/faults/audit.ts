import { Redis } from 'ioredis';
import { PlaceBook } from './place';

const EVERY_MS = 1_000;
const PAGE = 2_000;
const ID = /"id":"[\w-]{24}(\d{12})"/;

/** Reads the log as it grows, past the nodes: which entries it had, before anything was trimmed or lost. */
export class Audit {
  readonly places = new PlaceBook();
  /** The places of each event's entries. */
  readonly entries = new Map<number, number[]>();
  private readonly redis: Redis;
  private last = '0-0';
  private timer: NodeJS.Timeout | undefined;
  private isReading = false;

  constructor(url: string) {
    this.redis = new Redis(url, {
      protocol: 2,
      maxRetriesPerRequest: 0,
      commandTimeout: 5_000,
      disableClientInfo: true,
      retryStrategy: () => 200,
    });
    this.redis.on('error', () => undefined);
  }

  start(): void {
    this.timer = setInterval(() => void this.read().catch(() => undefined), EVERY_MS);
  }

  /** Reads what it has not read. */
  async read(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      for (let count = PAGE; count === PAGE;) {
        const page = await this.redis.xrange('{live-messages}:log', `(${this.last}`, '+', 'COUNT', PAGE);
        for (const [id, fields] of page) this.take(id, fields);
        count = page.length;
      }
    } finally {
      this.isReading = false;
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.redis.disconnect();
  }

  private take(id: string, fields: string[]): void {
    this.last = id;
    const number = ID.exec(fields[fields.indexOf('r') + 1] ?? '')?.[1];
    const place = this.places.place(id);
    if (number === undefined) return;
    const known = this.entries.get(Number(number));
    if (known) known.push(place);
    else this.entries.set(Number(number), [place]);
  }
}
