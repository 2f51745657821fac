import { formatCursor } from '../log/position';
import { EventRecord, LogRecord, TypingRecord } from '../log/records';
import { textFrame } from './frame';

/** How many bytes of frames are kept for whoever asks next. */
const MAX_KEPT_BYTES = 8_388_608;

type Framed = EventRecord | TypingRecord;

interface Frames {
  plain?: Buffer;
  resumable?: Buffer;
}

/** The frames of events: at most two of each, for plain connections and for resumable ones, however many get it. */
export class EventFrames {
  /** Two generations: what is asked for moves to the younger one, and when that is full, the older one goes. */
  private young = new Map<Framed, Frames>();
  private old = new Map<Framed, Frames>();
  private youngBytes = 0;

  /** The event in the spec's shape. */
  plain({ body }: LogRecord<Framed>): Buffer {
    const frames = this.framesOf(body);
    if (!frames.plain) this.count((frames.plain = textFrame(body.json)));
    return frames.plain;
  }

  /** The same, and as the last key, where it is durable, its cursor. */
  resumable(record: LogRecord<Framed>): Buffer {
    const { body, position } = record;
    if (!body.durable) return this.plain(record);
    const frames = this.framesOf(body);
    if (!frames.resumable) {
      // Every event has a `message_type`, so that something stands before the comma.
      const json = `${body.json.slice(0, -1)},"cursor":"${formatCursor(position)}"}`;
      this.count((frames.resumable = textFrame(json)));
    }
    return frames.resumable;
  }

  private framesOf(body: Framed): Frames {
    const found = this.young.get(body);
    if (found) return found;
    const frames = this.old.get(body) ?? {};
    this.young.set(body, frames);
    if (frames.plain) this.count(frames.plain);
    if (frames.resumable) this.count(frames.resumable);
    return frames;
  }

  private count(frame: Buffer): void {
    this.youngBytes += frame.length;
    if (this.youngBytes <= MAX_KEPT_BYTES / 2) return;
    this.old = this.young;
    this.young = new Map();
    this.youngBytes = 0;
  }
}
