import { LogFollower, LogSubscription } from '../../src/log/event-log';
import { MemoryEventLog } from '../../src/log/memory-event-log';
import { Position } from '../../src/log/position';
import { LogRecord, NewRecord } from '../../src/log/records';

/** A log whose records reach its follower when the test says so. */
export class TickedLog extends MemoryEventLog {
  private readonly waiting: LogRecord[] = [];
  private follower: LogFollower | undefined;
  private batches = 0;
  /** What is in the log, seen by its follower or not. */
  length = 0;

  override follow(after: Position | 'now', follower: LogFollower): Promise<LogSubscription> {
    this.follower = follower;
    const onRecords = (records: readonly LogRecord[]) => void this.waiting.push(...records);
    return super.follow(after, { onRecords, onBreak: (next) => follower.onBreak(next) });
  }

  add(body: NewRecord): void {
    this.batches += 1;
    this.length += 1;
    void this.append({ writerId: 'test', number: this.batches, records: [body] });
  }

  async tick(count: number): Promise<readonly LogRecord[]> {
    await new Promise((resolve) => setImmediate(resolve));
    const records = this.waiting.splice(0, count);
    if (records.length > 0) this.follower!.onRecords(records);
    return records;
  }
}
