import { ExpectedPlaces } from './expected';
import { Figures } from './figures';
import { REASONS, Step } from './journal';
import { EventFacts } from './facts';
import { NOWHERE } from './place';

/** Reads what happened to a resumable client, and says what should not have. */
export class ResumableReading {
  /** Up to here it has everything, or was told that it has not. */
  private place = NOWHERE;
  /** What it should come back with, by the rules. */
  private settled = NOWHERE;
  private asked = NOWHERE;
  private mustFetch = false;
  /** It was told that its cursor is none to go on from: `RESYNC` is next. */
  private isTurnedDown = false;
  private isUp = false;
  /** Where each event was the first time. */
  private readonly seen = new Map<number, number>();

  constructor(
    private readonly name: string,
    private readonly expected: ExpectedPlaces,
    private readonly facts: EventFacts,
    private readonly figures: Figures,
  ) {}

  read(step: Step, value: number, place: number): void {
    if (this.isTurnedDown && step !== Step.Resync && step !== Step.Gone) {
      this.figures.wrong('no RESYNC after a cursor was turned down', 1, this.at(place));
      this.isTurnedDown = false;
    }
    switch (step) {
      case Step.Asked:
        return this.ask(place);
      case Step.Connected:
        return this.connect(value === 1, place);
      case Step.Event:
        this.event(value, place);
        return this.moveTo(place);
      case Step.Heartbeat:
        if (place < this.place) this.figures.wrong('inversions', 1, `${this.at(place)}, a heartbeat`);
        this.stay(place);
        this.gap(place + 1);
        return this.moveTo(place);
      case Step.Resync:
        return this.resync(value, place);
      case Step.Fetched:
        this.mustFetch = false;
        this.settled = this.place;
        return;
      case Step.Gone:
        this.isUp = false;
        this.mustFetch = false;
        this.isTurnedDown = false;
        return;
      case Step.Greeted:
        return;
    }
  }

  end(): void {
    const left = this.expected.between(this.place, Number.POSITIVE_INFINITY);
    const missing = this.isUp ? left : 1;
    this.figures.wrong('lost at the end', missing, `${this.at(this.place)}${this.isUp ? '' : ', away'}`);
  }

  private ask(place: number): void {
    this.asked = place;
    if (place !== this.settled) this.figures.wrong('clients that broke their own rules', 1, this.at(place));
  }

  private connect(isResumed: boolean, place: number): void {
    this.isUp = true;
    this.mustFetch = false;
    this.place = place;
    if (this.asked === NOWHERE) {
      this.settled = place;
      return;
    }
    this.figures.reconnects += 1;
    this.isTurnedDown = !isResumed;
    if (!isResumed) {
      this.mustFetch = true;
      return;
    }
    this.figures.resumed += 1;
    if (place !== this.asked) this.figures.wrong('resumed elsewhere than asked', 1, this.at(place));
    this.settled = place;
  }

  private resync(reason: number, place: number): void {
    this.figures.resync(reason, this.isTurnedDown);
    const before = this.isTurnedDown ? this.asked : this.place;
    const isSameLife = this.facts.epochOf(before) === this.facts.epochOf(place);
    if (isSameLife && REASONS[reason] !== 'EVENT_REFUSED') {
      this.figures.wrong('RESYNC in one life of the log', 1, `${this.at(place)}, ${REASONS[reason]}`);
    }
    this.isTurnedDown = false;
    this.mustFetch = true;
    this.place = place;
  }

  private event(event: number, place: number): void {
    this.figures.deliveries += 1;
    this.facts.check(event, place, this.expected.topics, this.at(place), this.figures);
    if (place <= this.place) this.figures.wrong('inversions', 1, this.at(place));
    this.stay(place);
    this.gap(place);
    this.facts.claim(place, event, this.name, this.figures);
    const first = this.seen.get(event);
    if (first === undefined) this.seen.set(event, place);
    else if (first === place) this.figures.duplicates += 1;
    else if (this.facts.mayBeTwice(first, place)) this.figures.sentAgain += 1;
    else this.figures.wrong('doubles', 1, `${this.at(place)}, event ${event}`);
  }

  /** Across two lives of the log nothing can be proved. */
  private stay(place: number): void {
    if (this.facts.epochOf(place) === this.facts.epochOf(this.place)) return;
    this.figures.wrong(
      'another life without RESYNC',
      1,
      `${this.at(this.place)}, then ${this.facts.text(place)}`,
    );
  }

  private gap(before: number): void {
    const missing = this.expected.between(this.place, before);
    this.figures.wrong('silent gaps', missing, `${this.at(this.place)}, before ${this.facts.text(before)}`);
  }

  private moveTo(place: number): void {
    this.place = place;
    if (!this.mustFetch) this.settled = place;
  }

  private at(place: number): string {
    return `(${this.name} at ${this.facts.text(place)})`;
  }
}
