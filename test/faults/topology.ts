/** How many are in a topic. */
const MEMBERS = 10;

/** Who is in which topic: everyone in two, one with his neighbours, one with others; ten in each. */
export class Topology {
  private readonly rows: number;

  /** @throws RangeError when the topics would not be even */
  constructor(readonly clients: number) {
    if (clients % (MEMBERS * MEMBERS) !== 0) throw new RangeError('CLIENTS is a multiple of 100');
    this.rows = clients / MEMBERS;
  }

  get topics(): number {
    return 2 * this.rows;
  }

  topicsOf(client: number): [number, number] {
    return [Math.floor(client / MEMBERS), this.rows + (client % this.rows)];
  }

  /** Most can come back without loss; two of each topic are plain. */
  isPlain(client: number): boolean {
    return (client + Math.floor(client / this.rows)) % 5 === 0;
  }
}

/** The topic of an event by its number: spread evenly, and the numbers behind `events` one after the other. */
export function topicOfEvent(event: number, events: number, topics: number): number {
  if (event >= events) return (event - events) % topics;
  return (Math.imul(event + 1, 0x9e3779b1) >>> 8) % topics;
}
