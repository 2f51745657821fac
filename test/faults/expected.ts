import { Topology } from './topology';

/** Where the accepted events of each client stand, in the log's order. */
export class Expected {
  private readonly byTopic: number[][];

  constructor(private readonly topology: Topology) {
    this.byTopic = Array.from({ length: topology.topics }, () => []);
  }

  add(topic: number, place: number): void {
    this.byTopic[topic]!.push(place);
  }

  of(client: number): ExpectedPlaces {
    const topics = this.topology.topicsOf(client);
    const places = topics.flatMap((topic) => this.byTopic[topic]!);
    return new ExpectedPlaces(
      topics,
      places.sort((one, other) => one - other),
    );
  }
}

/** Those of one client, in his topics. */
export class ExpectedPlaces {
  constructor(
    readonly topics: readonly number[],
    private readonly places: readonly number[],
  ) {}

  /** How many lie behind one place and before another. */
  between(after: number, before: number): number {
    return Math.max(0, this.firstFrom(before) - this.firstFrom(after + 1));
  }

  private firstFrom(place: number): number {
    let [low, high] = [0, this.places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.places[middle]! < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
