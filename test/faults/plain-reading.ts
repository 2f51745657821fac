import { ExpectedPlaces } from './expected';
import { EventFacts } from './facts';
import { Figures } from './figures';
import { Step } from './journal';
import { NOWHERE } from './place';

/** Reads what happened to a plain client, connection by connection, and says what should not have. */
export class PlainReading {
  /** Of the last event whose place is known; events of the connection that it has. */
  private place = NOWHERE;
  private isUp = false;
  private seen = new Set<number>();

  constructor(
    private readonly name: string,
    private readonly expected: ExpectedPlaces,
    private readonly facts: EventFacts,
    private readonly figures: Figures,
  ) {}

  read(step: Step, event: number): void {
    if (step === Step.Greeted) {
      this.isUp = true;
      this.place = NOWHERE;
      this.seen = new Set();
    } else if (step === Step.Gone) {
      this.isUp = false;
      this.figures.plainEnds += 1;
    } else if (step === Step.Event) {
      this.event(event);
    }
  }

  end(): void {
    const left = this.place === NOWHERE ? 0 : this.expected.between(this.place, Number.POSITIVE_INFINITY);
    this.figures.wrong('plain: lost at the end', this.isUp ? left : 1, this.name);
  }

  private event(event: number): void {
    this.figures.deliveries += 1;
    const place = this.facts.placeOf(event);
    this.facts.check(event, place, this.expected.topics, this.name, this.figures);
    if (this.seen.has(event)) this.figures.wrong('plain: doubles', 1, `${this.name}, event ${event}`);
    this.seen.add(event);
    // Of an event that nobody knows to be accepted only the log knows the place.
    if (place === NOWHERE) return;
    if (place <= this.place) this.figures.wrong('plain: inversions', 1, `${this.name}, event ${event}`);
    if (this.place !== NOWHERE) {
      const missing = this.expected.between(this.place, place);
      this.figures.wrong('plain: gaps', missing, `${this.name}, before event ${event}`);
    }
    this.place = place;
  }
}
