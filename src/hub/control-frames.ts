import { Position, formatCursor } from '../log/position';
import { ControlOnWire, ResyncReason } from '../protocol/control';
import { GREETING } from '../protocol/wire';
import { textFrame } from './frame';

/** The frames of the server's own. */
export class ControlFrames {
  /** The first frame of a plain connection; undefined where the host wants none. */
  readonly greeting: Buffer | undefined;
  private lastHeartbeat: { readonly cursor: string; readonly frame: Buffer } | undefined;

  constructor(
    greeting: boolean,
    private readonly heartbeatMs: number,
  ) {
    this.greeting = greeting ? textFrame(JSON.stringify(GREETING)) : undefined;
  }

  connected(place: Position, resumed: boolean): Buffer {
    const cursor = formatCursor(place);
    return frameOf({ message_type: 'CONNECTED', cursor, resumed, heartbeat_ms: this.heartbeatMs });
  }

  resync(place: Position, reason: ResyncReason, spreadMs: number): Buffer {
    return frameOf({ message_type: 'RESYNC', cursor: formatCursor(place), reason, spread_ms: spreadMs });
  }

  /** The same for all who have come as far. */
  heartbeat(place: Position): Buffer {
    const cursor = formatCursor(place);
    if (this.lastHeartbeat?.cursor !== cursor) {
      this.lastHeartbeat = { cursor, frame: frameOf({ message_type: 'HEARTBEAT', cursor }) };
    }
    return this.lastHeartbeat.frame;
  }
}

function frameOf(control: ControlOnWire): Buffer {
  return textFrame(JSON.stringify(control));
}
