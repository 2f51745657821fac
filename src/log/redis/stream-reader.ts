import { toEveryone } from '../audience';
import { Position, comparePositions } from '../position';
import { LogRecord } from '../records';
import { EPOCH_MARK } from './append-script';
import { decodeRecord } from './record-codec';
import { StreamEntry, partsOf } from './stream-entry';
import { positionOf } from './stream-id';

/** What the entries mean, in order: records that follow on each other, or that what lies before `next` is lost. */
export type Reading =
  | { readonly kind: 'records'; readonly records: readonly LogRecord[] }
  | { readonly kind: 'break'; readonly next: Position };

/** How old a record that is not durable may be, in milliseconds: a moment later it is worth nothing. */
const MAX_FLEETING_MS = 5_000;

/** Turns entries of the two streams into records, and sees what is missing between them. */
export class StreamReader {
  private position: Position;
  private newestAt = 0;

  constructor(
    after: Position,
    /** The last id of the fleeting stream that was read. */
    private lastFleetingId: string,
    private readonly onUnreadable: (why: string) => void,
  ) {
    this.position = after;
  }

  /** Up to where the durable records were read. */
  get place(): Position {
    return this.position;
  }

  get fleetingId(): string {
    return this.lastFleetingId;
  }

  /**
   * @throws Error when an entry's id is none of a log: nothing behind it can be trusted
   */
  read(durable: readonly StreamEntry[], fleeting: readonly StreamEntry[]): Reading[] {
    const readings: Reading[] = [];
    let records: LogRecord[] = [];
    const waiting = this.fleetingRecords(fleeting);
    let next = 0;
    const takeFleeting = () => {
      while (next < waiting.length && comparePositions(waiting[next]!.position, this.position) <= 0) {
        records.push(waiting[next]!);
        next += 1;
      }
    };
    takeFleeting();
    for (const [id, fields] of durable) {
      const { record, hasBreak } = this.readDurable(id, fields);
      if (hasBreak) {
        if (records.length > 0) readings.push({ kind: 'records', records });
        readings.push({ kind: 'break', next: hasBreak });
        records = [];
      }
      if (record) records.push(record);
      takeFleeting();
    }
    // One whose place was not read yet would overtake the messages before it: it is dropped.
    if (records.length > 0) readings.push({ kind: 'records', records });
    return readings;
  }

  private readDurable(
    id: string,
    fields: readonly string[],
  ): { record: LogRecord | undefined; hasBreak: Position | undefined } {
    const position = positionOf(id);
    if (!position) throw new Error(`the stream has an entry that is not ours: ${id.slice(0, 50)}`);
    const { epoch, seq } = this.position;
    const follows = position.epoch === epoch && position.seq === seq + 1;
    this.position = position;
    const { at, header, json } = partsOf(fields);
    this.newestAt = at ?? this.newestAt;
    if (position.seq === 0) {
      if (header !== EPOCH_MARK) this.onUnreadable('somebody else writes into its stream');
      // The clock of its ids may have stepped back.
      this.lastFleetingId = '0-0';
      return { record: undefined, hasBreak: position };
    }
    const record = { position, at: this.newestAt, body: this.bodyOf(header, json) };
    return { record, hasBreak: follows ? undefined : { epoch: position.epoch, seq: position.seq - 1 } };
  }

  private bodyOf(header: string | undefined, json: string | undefined): LogRecord['body'] {
    const { body, unreadable } = decodeRecord(header, json);
    if (unreadable !== undefined) this.onUnreadable(unreadable);
    if (body.durable) return body;
    this.onUnreadable('it is not durable');
    return { kind: 'refusal', audience: toEveryone(), durable: true };
  }

  private fleetingRecords(entries: readonly StreamEntry[]): LogRecord[] {
    const records: LogRecord[] = [];
    for (const [id, fields] of entries) {
      this.lastFleetingId = id;
      const { at, header, json, place } = partsOf(fields);
      const position = positionOf(place ?? '');
      const { body } = decodeRecord(header, json);
      const isOld = at === undefined || at < this.newestAt - MAX_FLEETING_MS;
      if (position && !isOld && !body.durable) records.push({ position, at, body });
    }
    return records;
  }
}
