/** From when until when, in milliseconds since 1970. */
export type Span = readonly [from: number, until: number];

/** A process of a node. */
interface Life {
  readonly name: string;
  readonly from: number;
  until: number;
}

/** What has happened to a node. */
export class NodeHistory {
  readonly lives: Life[] = [];
  /** When it was stopped, or could not reach Redis. */
  readonly impairments: [from: number, until: number][] = [];

  get isWell(): boolean {
    return (this.impairments.at(-1)?.[1] ?? 0) < Number.POSITIVE_INFINITY;
  }

  /** @returns the name of its new process */
  born(node: number): string {
    const name = `${node}.${this.lives.length}`;
    this.lives.push({ name, from: Date.now(), until: Number.POSITIVE_INFINITY });
    return name;
  }

  killed(at: number): void {
    this.lives.at(-1)!.until = at;
  }

  impaired(): void {
    this.impairments.push([Date.now(), Number.POSITIVE_INFINITY]);
  }

  well(): void {
    this.impairments.at(-1)![1] = Date.now();
  }

  /** When the process was killed that ran at that time; infinity: it was not. */
  killAfter(at: number): number {
    return this.lives.findLast(({ from }) => from <= at)?.until ?? Number.POSITIVE_INFINITY;
  }
}
