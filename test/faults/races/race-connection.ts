import { setTimeout as sleep } from 'node:timers/promises';
import { Link } from '../link';

const EVENT = /"id":"[\w-]{24}(\d{12})"/;
const CURSOR = /"cursor":"([\d-]+)"/;

/** How soon one that fell comes back, in milliseconds. */
const BACK_MS = 200;

/** A connection of a user who leaves a channel; it goes when it is told to, and comes back with its cursor. */
export class RaceConnection {
  /** Every event that it ever got. */
  readonly received = new Set<number>();
  /** How often it was told to fetch, and how often it broke off by itself: there is no reason to. */
  resyncs = 0;
  falls = 0;
  private cursor = '';
  private link: Link | undefined;
  private readonly waiting = new Map<number, () => void>();

  constructor(
    private readonly token: string,
    readonly isPlain: boolean,
  ) {}

  /** Resolves when the node has let it in. */
  open(port: number): Promise<void> {
    const resume = this.isPlain ? '' : `&resume=${this.cursor}`;
    return new Promise((resolve) => {
      const link: Link = new Link(port, `/ws?token=${this.token}${resume}`, {
        onText: (text) => {
          this.take(text);
          resolve();
        },
        onDown: () => {
          if (this.link !== link) return;
          this.falls += 1;
          void sleep(BACK_MS).then(() => (this.link === link ? this.open(port).then(resolve) : resolve()));
        },
      });
      this.link = link;
    });
  }

  drop(): void {
    const { link } = this;
    this.link = undefined;
    link?.end();
  }

  /** Resolves when it has the event, or has waited too long. */
  async get(event: number, patienceMs: number): Promise<boolean> {
    if (this.received.has(event)) return true;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.waiting.set(event, resolve);
      timer = setTimeout(resolve, patienceMs);
    });
    clearTimeout(timer);
    this.waiting.delete(event);
    return this.received.has(event);
  }

  private take(text: string): void {
    this.cursor = CURSOR.exec(text)?.[1] ?? this.cursor;
    if (text.startsWith('{"message_type":"RESYNC"')) this.resyncs += 1;
    const event = EVENT.exec(text)?.[1];
    if (event === undefined) return;
    this.received.add(Number(event));
    this.waiting.get(Number(event))?.();
  }
}
