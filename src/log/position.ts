/**
 * A place in the ordered log. `seq` is contiguous inside an epoch, so that a gap is visible; an epoch is one
 * unbroken life of the log, and across two of them nothing can be proved.
 */
export interface Position {
  /** Milliseconds since 1970 at which the epoch began, or more where the clock stepped back. */
  readonly epoch: number;
  /** 0 before the first record of the epoch, 1 at it. */
  readonly seq: number;
}

/** Negative when `a` comes before `b`, 0 when they are the same place, positive otherwise. */
export function comparePositions(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.seq - b.seq;
}

const CURSOR = /^(\d{1,15})-(\d{1,15})$/;

/** The position that a client holds as text, or undefined when that is none. */
export function parseCursor(cursor: string): Position | undefined {
  const [, epoch, seq] = CURSOR.exec(cursor) ?? [];
  return epoch === undefined ? undefined : { epoch: Number(epoch), seq: Number(seq) };
}

/** A position as text: URL-safe, at most 33 bytes, opaque to clients. */
export function formatCursor(position: Position): string {
  return `${position.epoch}-${position.seq}`;
}
