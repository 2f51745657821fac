import { Emissions } from './emitter';
import { Figures } from './figures';
import { Lives } from './lives';
import { NOWHERE, PlaceOrder } from './place';

/** What is known of events and places. */
export class EventFacts {
  /** The event at each place that anyone was told of. */
  private readonly eventAt = new Map<number, number>();
  private readonly translate: (place: number) => number;

  constructor(
    private readonly emissions: Emissions,
    private readonly order: PlaceOrder,
    private readonly lives: Lives,
    private readonly topicOf: (event: number) => number,
  ) {
    this.translate = order.of(emissions.places.epochs);
  }

  /** Where it was accepted; nowhere, if that is not known. */
  placeOf(event: number): number {
    return this.translate(this.emissions.place(event));
  }

  epochOf(place: number): number {
    return this.order.epochOf(place);
  }

  /** Whether an event may be at two places: a batch in doubt is sent again, and what Redis has lost it can't know. */
  mayBeTwice(first: number, second: number): boolean {
    const epochs = [this.epochOf(first), this.epochOf(second)].sort((one, other) => one - other);
    return this.lives.hasLostBetween(epochs[0]!, epochs[1]!);
  }

  /** A place is one record's for ever, whoever tells it. */
  claim(place: number, event: number, who: string, figures: Figures): void {
    if (place === NOWHERE) return;
    const other = this.eventAt.get(place) ?? event;
    this.eventAt.set(place, other);
    if (other !== event)
      figures.wrong('positions of two records', 1, `${who}, ${this.text(place)}: ${other}, ${event}`);
  }

  /** Whether an event that came at a place should have. */
  check(event: number, place: number, topics: readonly number[], who: string, figures: Figures): void {
    if (!topics.includes(this.topicOf(event)))
      figures.wrong('for somebody else', 1, `${who}, event ${event}`);
    const fate = this.emissions.fateOf(event);
    if (fate === undefined || fate === 'refused')
      figures.wrong('refused and sent', 1, `${who}, event ${event}`);
    const accepted = this.placeOf(event);
    if (accepted === NOWHERE || accepted === place || this.mayBeTwice(accepted, place)) return;
    figures.wrong('sent elsewhere than accepted', 1, `${who}, event ${event}`);
  }

  text(place: number): string {
    return place < 0 ? 'nowhere' : `${this.epochOf(place)}-${place % 2 ** 32}`;
  }
}
