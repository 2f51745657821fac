/** A cursor as one number, in the log's order: only here is it not opaque. */
const SEQS = 2 ** 32;

/** The oldest epoch that there can be, in milliseconds since 1970: the rest fits into a number. */
const ZERO = 1_577_836_800_000;

/** Where nobody is: before every place. */
export const NOWHERE = -1;

/**
 * Places of one run as numbers that compare as the log orders them. Epochs are numbered as they are met: those of two
 * books differ, and {@link PlaceBook.epochs} translates.
 */
export class PlaceBook {
  readonly epochs: number[] = [];
  private readonly numbers = new Map<number, number>();

  place(cursor: string): number {
    const [epoch, seq] = cursor.split('-').map(Number) as [number, number];
    if (!(epoch > ZERO) || !(seq < SEQS)) throw new RangeError(`not a cursor: ${cursor}`);
    let number = this.numbers.get(epoch);
    if (number === undefined) {
      number = this.epochs.push(epoch) - 1;
      this.numbers.set(epoch, number);
    }
    return number * SEQS + seq;
  }
}

/** Places of all books of a run, ordered. */
export class PlaceOrder {
  private readonly sorted: number[];

  constructor(books: readonly (readonly number[])[]) {
    this.sorted = [...new Set(books.flat())].sort((one, other) => one - other);
  }

  get epochs(): number {
    return this.sorted.length;
  }

  /** Translates the places of a book. */
  of(epochs: readonly number[]): (place: number) => number {
    const ranks = epochs.map((epoch) => this.sorted.indexOf(epoch));
    return (place) => (place < 0 ? place : ranks[Math.floor(place / SEQS)]! * SEQS + (place % SEQS));
  }

  /** In milliseconds since 1970. */
  epochOf(place: number): number {
    return this.sorted[Math.floor(place / SEQS)] ?? 0;
  }
}
