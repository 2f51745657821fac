import { Redis } from 'ioredis';
import { Lives } from './lives';
import { PlaceBook } from './place';

const EVERY_MS = 1_000;
const PAGE = 2_000;
/** For how long the log keeps its records, in milliseconds: `maxMs` of `redisEventLog`. */
const KEPT_MS = 300_000;

const LOG = '{live-messages}:log';

const ID = /"id":"[\w-]{24}(\d{12})"/;

/** The last entry of a page that was read. */
interface Mark {
  readonly id: string;
  readonly place: number;
  /** The server's milliseconds since 1970. */
  readonly at: number;
}

/** Reads the log as it grows, past the nodes: which entries it had, before anything was trimmed or lost. */
export class Audit {
  readonly places = new PlaceBook();
  /** The places of each event's entries. */
  readonly entries = new Map<number, number[]>();
  /** Entries that were gone before their time, though nothing had taken the log's data. */
  readonly emptied: string[] = [];
  private readonly redis: Redis;
  /** Some of the entries that the stream has to have still, in order. */
  private marks: Mark[] = [];
  private last = '0-0';
  private timer: NodeJS.Timeout | undefined;
  private isReading = false;

  constructor(
    url: string,
    private readonly lives: Lives,
  ) {
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
        const page = await this.redis.xrange(LOG, `(${this.last}`, '+', 'COUNT', PAGE);
        for (const [id, fields] of page) this.take(id, fields);
        const [id, fields] = page.at(-1) ?? [];
        if (id)
          this.marks.push({
            id,
            place: this.places.place(id),
            at: Number.parseInt(valueOf(fields!, 'r'), 10),
          });
        count = page.length;
      }
      await this.lookForMarks();
    } finally {
      this.isReading = false;
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.redis.disconnect();
  }

  /** What was in the log, and is young, is in it still: a node that is behind has yet to read it. */
  private async lookForMarks(): Promise<void> {
    const lostAt = this.lives.lastLossAt;
    const [time, first] = (await this.redis.multi().time().xrange(LOG, '-', '+', 'COUNT', 1).exec())!.map(
      ([error, reply]) => {
        if (error) throw error;
        return reply;
      },
    ) as [[string, string], [string, string[]][]];
    // Marks of before a loss are worth nothing, and it may be under way.
    if (lostAt !== this.lives.lastLossAt) return;
    const [firstId] = first[0] ?? [];
    const begin = firstId === undefined ? Number.POSITIVE_INFINITY : this.places.place(firstId);
    const young = Number(time[0]) * 1_000 - KEPT_MS;
    this.marks = this.marks.filter(({ id, place, at }) => {
      if (at <= young || at <= lostAt) return false;
      if (place < begin) this.emptied.push(`${id}, where the log begins at ${firstId ?? 'nothing'}`);
      return place >= begin;
    });
  }

  private take(id: string, fields: string[]): void {
    this.last = id;
    const number = ID.exec(valueOf(fields, 'r'))?.[1];
    const place = this.places.place(id);
    if (number === undefined) return;
    const known = this.entries.get(Number(number));
    if (known) known.push(place);
    else this.entries.set(Number(number), [place]);
  }
}

function valueOf(fields: readonly string[], name: string): string {
  return fields[fields.indexOf(name) + 1] ?? '';
}
