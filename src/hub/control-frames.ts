import { Position, formatCursor } from '../log/position';
import { ControlOnWire, ResyncReason } from '../protocol/control';
import { GREETING } from '../protocol/wire';
import { textFrame } from './frame';

/** The frames of the server's own. */
export class ControlFrames {
  /** The first frame of a plain connection; undefined where the host wants none. */
  readonly greeting: Buffer | undefined;
  /** The last of each: whoever is at the same place gets the same frame, and shares what is put together with it. */
  private readonly last = new Map<string, { readonly cursor: string; readonly frame: Buffer }>();

  constructor(
    greeting: boolean,
    private readonly heartbeatMs: number,
  ) {
    this.greeting = greeting ? textFrame(JSON.stringify(GREETING)) : undefined;
  }

  connected(place: Position, resumed: boolean): Buffer {
    const rest = { resumed, heartbeat_ms: this.heartbeatMs };
    return this.shared(resumed ? 'resumed' : 'begun', place, (cursor) => ({
      message_type: 'CONNECTED',
      cursor,
      ...rest,
    }));
  }

  heartbeat(place: Position): Buffer {
    return this.shared('heartbeat', place, (cursor) => ({ message_type: 'HEARTBEAT', cursor }));
  }

  resync(place: Position, reason: ResyncReason, spreadMs: number): Buffer {
    return frameOf({ message_type: 'RESYNC', cursor: formatCursor(place), reason, spread_ms: spreadMs });
  }

  private shared(name: string, place: Position, control: (cursor: string) => ControlOnWire): Buffer {
    const cursor = formatCursor(place);
    const last = this.last.get(name);
    if (last?.cursor === cursor) return last.frame;
    const frame = frameOf(control(cursor));
    this.last.set(name, { cursor, frame });
    return frame;
  }
}

function frameOf(control: ControlOnWire): Buffer {
  return textFrame(JSON.stringify(control));
}
