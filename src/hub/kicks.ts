import { Position, comparePositions } from '../log/position';

/** When the host last disconnected a user: who took his place before it, and registers after it, has to go, too. */
export class Kicks {
  /** In the log's order, so that the oldest are at the front. */
  private readonly last = new Map<string, Position>();

  add({ userId, position }: { readonly userId: string; readonly position: Position }): void {
    this.last.delete(userId);
    this.last.set(userId, position);
  }

  hitsAfter(userId: string, place: Position): boolean {
    const kick = this.last.get(userId);
    return kick !== undefined && comparePositions(kick, place) > 0;
  }

  /** Forgets what comes before every place that somebody holds. */
  forgetUntil(place: Position): void {
    for (const [userId, kick] of this.last) {
      if (comparePositions(kick, place) > 0) return;
      this.last.delete(userId);
    }
  }
}
