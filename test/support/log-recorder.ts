import { EventRecord, LogRecord } from '../../src/log/records';
import { toEveryone } from '../../src/log/audience';
import { LogFollower } from '../../src/log/event-log';
import { Position, formatCursor } from '../../src/log/position';

/** A follower that keeps what it is told: `'a'` for an event, `'refusal'`, …, `'break'`. */
export class LogRecorder implements LogFollower {
  readonly told: string[] = [];
  readonly records: LogRecord[] = [];
  readonly breaks: Position[] = [];
  private wake: (() => void)[] = [];

  onRecords(records: readonly LogRecord[]): void {
    this.records.push(...records);
    this.tell(...records.map(nameOf));
  }

  onBreak(next: Position): void {
    this.breaks.push(next);
    this.tell('break');
  }

  /** Resolves once it has been told so. */
  async until(name: string): Promise<void> {
    await this.when(() => this.told.includes(name));
  }

  async when(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.wake.push(resolve));
  }

  /** For each position the events it named. */
  get byPosition(): Map<string, Set<string>> {
    const names = new Map<string, Set<string>>();
    for (const record of this.records) {
      const cursor = formatCursor(record.position);
      names.set(cursor, (names.get(cursor) ?? new Set()).add(nameOf(record)));
    }
    return names;
  }

  private tell(...names: string[]): void {
    this.told.push(...names);
    for (const wake of this.wake.splice(0)) wake();
  }
}

export function event(name: string): EventRecord {
  return {
    kind: 'event',
    type: 'MESSAGE',
    json: JSON.stringify(name),
    audience: toEveryone(),
    durable: true,
  };
}

function nameOf({ body }: LogRecord): string {
  return 'json' in body ? (JSON.parse(body.json) as string) : body.kind;
}
