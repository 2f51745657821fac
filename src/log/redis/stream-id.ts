import { Position } from '../position';

/**
 * The position that a stream id is, or undefined for one that no log of ours gives.
 */
export function positionOf(id: string): Position | undefined {
  const [, epoch, seq] = /^(\d{1,15})-(\d{1,15})$/.exec(id) ?? [];
  return epoch === undefined ? undefined : { epoch: Number(epoch), seq: Number(seq) };
}

/** The stream id that a position is. */
export function streamIdOf({ epoch, seq }: Position): string {
  return `${epoch}-${seq}`;
}
