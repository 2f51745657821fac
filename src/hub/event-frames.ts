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
  /** What was asked for last is at the end. */
  private readonly kept = new Map<Framed, Frames>();
  private bytes = 0;

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
    const frames = this.kept.get(body) ?? {};
    this.kept.delete(body);
    this.kept.set(body, frames);
    return frames;
  }

  private count(frame: Buffer): void {
    this.bytes += frame.length;
    for (const [body, { plain, resumable }] of this.kept) {
      if (this.bytes <= MAX_KEPT_BYTES) return;
      this.kept.delete(body);
      this.bytes -= (plain?.length ?? 0) + (resumable?.length ?? 0);
    }
  }
}
