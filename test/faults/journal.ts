/** What happens to a client. */
export enum Step {
  /** It asks for a connection, from a place. */
  Asked,
  /** The first frame: `value` is 1 where it was resumed. */
  Connected,
  /** `value` is the event's number. */
  Event,
  Heartbeat,
  /** `value` is the index of the reason. */
  Resync,
  /** What a resync asked for is fetched. */
  Fetched,
  /** The first frame of a plain connection. */
  Greeted,
  Gone,
}

export const REASONS = [
  'CURSOR_TOO_OLD',
  'CURSOR_UNKNOWN',
  'HISTORY_LOST',
  'REPLAY_TOO_LONG',
  'EVENT_REFUSED',
] as const;

const STEPS = 8;

/** All that has happened to a client, in order, in 16 bytes a step. */
export class Journal {
  private steps = new Float64Array(64);
  private length = 0;

  add(step: Step, value: number, place: number): void {
    if (this.length === this.steps.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.steps);
      this.steps = larger;
    }
    this.steps[this.length] = step + STEPS * value;
    this.steps[this.length + 1] = place;
    this.length += 2;
  }

  /** As text that can be sent to another process. */
  pack(): string {
    return Buffer.from(this.steps.buffer, 0, this.length * 8).toString('base64');
  }
}

/** Calls back with each step of a packed journal. */
export function readJournal(packed: string, read: (step: Step, value: number, place: number) => void): void {
  const bytes = Buffer.from(packed, 'base64');
  for (let at = 0; at < bytes.length; at += 16) {
    const code = bytes.readDoubleLE(at);
    read(code % STEPS, Math.floor(code / STEPS), bytes.readDoubleLE(at + 8));
  }
}
