import { Journal, REASONS, Step } from './journal';
import { Link } from './link';
import { NOWHERE, PlaceBook } from './place';
import { Random } from './random';

/** How long the first frame may take, in milliseconds. */
const PATIENCE_MS = 4_000;

const BACK_OFF_MS = { first: 100, most: 3_000 };

const EVENT = /"id":"[\w-]{24}(\d{12})".*"reference_id":"[\w-]{24}(\d{12})"/;
const CURSOR = /"cursor":"([\d-]+)"/;

interface Control {
  readonly message_type: 'CONNECTED' | 'RESYNC' | 'HEARTBEAT';
  readonly cursor: string;
  readonly resumed?: boolean;
  readonly heartbeat_ms?: number;
  readonly reason?: (typeof REASONS)[number];
  readonly spread_ms?: number;
}

/** Somebody who comes back, to any node, by the rules of PROTOCOL.md for clients; he writes all of it down. */
export class Client {
  readonly journal = new Journal();
  /** Of each topic by its number, the largest number of an event. */
  readonly newest = new Map<number, number>();
  /** What to come back with; empty the first time. */
  private settled = '';
  /** The latest cursor, while something is to be fetched. */
  private ahead: string | undefined;
  private link: Link | undefined;
  private isUp = false;
  private silenceMs = PATIENCE_MS;
  private failures = 0;
  private fetching: NodeJS.Timeout | undefined;

  constructor(
    private readonly target: string,
    readonly isPlain: boolean,
    private readonly ports: readonly number[],
    private readonly places: PlaceBook,
    private readonly random: Random,
  ) {}

  get isConnected(): boolean {
    return this.isUp;
  }

  open(): void {
    const asked = this.settled;
    this.silenceMs = PATIENCE_MS;
    const target = this.isPlain ? this.target : `${this.target}&resume=${asked}`;
    this.link = new Link(this.random.pick(this.ports), target, {
      onText: (text) => (this.isPlain ? this.onPlain(text) : this.onText(text, asked)),
      onDown: (reason) => this.onDown(reason),
    });
  }

  /** Leaves, to come back in a while. */
  leave(): void {
    this.link?.end();
  }

  /** Comes back where nothing was heard for too long. */
  look(now: number): void {
    if (this.link && now - this.link.heardAt > this.silenceMs) this.link.end();
  }

  private onPlain(text: string): void {
    if (!text.startsWith('{')) {
      this.up(Number.POSITIVE_INFINITY);
      return this.journal.add(Step.Greeted, 0, NOWHERE);
    }
    const event = EVENT.exec(text);
    if (event) this.take(event, NOWHERE);
  }

  private onText(text: string, asked: string): void {
    const event = EVENT.exec(text);
    if (!event) return this.onControl(JSON.parse(text) as Control, asked);
    const cursor = CURSOR.exec(text)![1]!;
    this.take(event, this.places.place(cursor));
    this.advance(cursor);
  }

  private take([, number, topic]: RegExpExecArray, place: number): void {
    this.journal.add(Step.Event, Number(number), place);
    this.newest.set(Number(topic), Number(number));
  }

  private onControl({ message_type: type, cursor, ...control }: Control, asked: string): void {
    const place = this.places.place(cursor);
    switch (type) {
      case 'CONNECTED':
        this.up(control.heartbeat_ms! * 1.5);
        this.journal.add(Step.Asked, 0, asked === '' ? NOWHERE : this.places.place(asked));
        this.journal.add(Step.Connected, control.resumed ? 1 : 0, place);
        if (asked !== '' && !control.resumed) this.ahead = cursor;
        else this.advance(cursor);
        return;
      case 'RESYNC':
        this.journal.add(Step.Resync, REASONS.indexOf(control.reason!), place);
        this.ahead = cursor;
        return this.fetch(control.spread_ms!);
      case 'HEARTBEAT':
        this.journal.add(Step.Heartbeat, 0, place);
        return this.advance(cursor);
    }
  }

  private up(silenceMs: number): void {
    this.isUp = true;
    this.silenceMs = silenceMs;
    this.failures = 0;
  }

  private advance(cursor: string): void {
    if (this.ahead === undefined) this.settled = cursor;
    else this.ahead = cursor;
  }

  /** The host's history; what a drop interrupts has to be done again. */
  private fetch(spreadMs: number): void {
    clearTimeout(this.fetching);
    const done = () => {
      this.journal.add(Step.Fetched, 0, NOWHERE);
      this.settled = this.ahead!;
      this.ahead = undefined;
    };
    this.fetching = setTimeout(done, this.random.between(0, spreadMs) + this.random.between(5, 200));
  }

  private onDown(reason: string): void {
    this.link = undefined;
    if (this.isUp) this.journal.add(Step.Gone, 0, NOWHERE);
    this.isUp = false;
    clearTimeout(this.fetching);
    this.ahead = undefined;
    const hint = Number(/"reconnect_within_ms":(\d+)/.exec(reason)?.[1] ?? 0);
    const backOff = Math.min(BACK_OFF_MS.first * 2 ** this.failures, BACK_OFF_MS.most);
    this.failures = Math.min(this.failures + 1, 10);
    const delay = hint > 0 ? this.random.between(0, hint) : backOff * this.random.between(0.5, 1);
    setTimeout(() => this.open(), delay);
  }
}
