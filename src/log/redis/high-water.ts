import { Position, comparePositions } from '../position';

/** The highest position that this node has seen: a log whose head lies below it has lost writes. */
export class HighWater {
  private highest: Position = { epoch: 0, seq: 0 };

  get position(): Position {
    return this.highest;
  }

  raise(position: Position): void {
    if (comparePositions(position, this.highest) > 0) this.highest = position;
  }
}
