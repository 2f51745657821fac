import { Close } from '../protocol/close-codes';

/** What the hub needs of a socket. Nothing of it throws. */
export interface ConnectionSocket {
  /** Bytes that were written and that the kernel has not taken yet. */
  readonly pendingBytes: number;
  /** Bytes of frames that were ever written. */
  readonly writtenBytes: number;
  /** Writes whole frames, at once. */
  write(frames: Buffer): void;
  /** Sends a close frame; the socket is gone within a second, whatever the peer does. */
  close(close: Close): void;
}
