/** Numbers that look random and come again with the same seed (mulberry32). */
export class Random {
  private state: number;

  /** @param use what for: another use of the same seed has other numbers */
  constructor(seed: number, use: string) {
    this.state = seed;
    for (const letter of use) this.state = Math.imul(this.state ^ letter.charCodeAt(0), 0x9e3779b1);
  }

  /** From 0, below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  /** Short ones are more frequent: as many from 1 to 5 as from 5 to 25. */
  duration(least: number, most: number): number {
    return least * (most / least) ** this.next();
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}
