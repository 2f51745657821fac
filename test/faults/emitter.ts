import { setTimeout as sleep } from 'node:timers/promises';
import { Node } from './node';
import { PlaceBook, NOWHERE } from './place';
import { Random } from './random';
import { NodeRole, Outcome } from './roles';

export type Fate = 'accepted' | 'refused' | 'unknown';

/** What became of each event by its number. */
export class Emissions {
  readonly places = new PlaceBook();
  private readonly fates = new Map<number, Fate>();
  private readonly placeOf = new Map<number, number>();

  note(event: number, outcome: Outcome): void {
    const isAccepted = outcome !== 'refused' && outcome !== 'unknown';
    this.fates.set(event, isAccepted ? 'accepted' : (outcome as Fate));
    if (isAccepted) this.placeOf.set(event, this.places.place(outcome));
  }

  fateOf(event: number): Fate | undefined {
    return this.fates.get(event);
  }

  /** In {@link places}. */
  place(event: number): number {
    return this.placeOf.get(event) ?? NOWHERE;
  }

  get acceptedCount(): number {
    return this.placeOf.size;
  }

  count(fate: Fate): number {
    let count = 0;
    for (const other of this.fates.values()) if (other === fate) count += 1;
    return count;
  }

  *accepted(): Iterable<[event: number, place: number]> {
    yield* this.placeOf;
  }
}

/** How long emits may take: a node that is stopped, and then has to wait for Redis, tries each of them twice. */
const EMIT_MS = 180_000;

/** How often events go out, in milliseconds. */
const TICK_MS = 20;

/** The host: something happens all the time, on any node. */
export class Emitter {
  readonly emissions = new Emissions();

  constructor(
    private readonly nodes: readonly Node<NodeRole>[],
    private readonly random: Random,
  ) {}

  /** Emits so many, evenly over a time; resolves when the fate of all is known. */
  async emit(count: number, overMs: number): Promise<void> {
    const begin = performance.now();
    const underWay: Promise<void>[] = [];
    for (let next = 0; next < count;) {
      await sleep(TICK_MS);
      const due = Math.min(count, Math.ceil(((performance.now() - begin) / overMs) * count));
      const up = this.nodes.filter((node) => node.isUp);
      if (up.length === 0 || due <= next) continue;
      underWay.push(this.through(this.random.pick(up), next, due));
      next = due;
    }
    await Promise.all(underWay);
  }

  /** Emits the events from one number to another, and resolves when their fate is known. */
  async through(node: Node<NodeRole>, first: number, end: number): Promise<void> {
    const events = Array.from({ length: end - first }, (_, index) => first + index);
    const outcomes = await outcomesOf(node, events);
    events.forEach((event, index) => this.emissions.note(event, outcomes[index]!));
  }
}

/** What became of each; what nobody knows of a node that is gone is unknown. */
async function outcomesOf(node: Node<NodeRole>, events: readonly number[]): Promise<readonly Outcome[]> {
  try {
    return await node.ask(EMIT_MS, 'emit', events);
  } catch (error) {
    if (!(error as Error).message.includes('ended with')) throw error;
    return events.map(() => 'unknown');
  }
}
