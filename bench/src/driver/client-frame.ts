/** The operations of frames that matter here (RFC 6455, section 5.2). */
export const OPCODES = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** A frame from a client: masked, as it must be, with a key of zeros, which changes nothing (RFC 6455, section 5.3). */
export function clientFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  if (length > 0xffff) throw new RangeError('a client of the benchmark has little to say');
  const extended = length < 126 ? [] : [length >> 8, length & 0xff];
  const header = [0x80 | opcode, 0x80 | (length < 126 ? length : 126), ...extended, 0, 0, 0, 0];
  return Buffer.concat([Buffer.from(header), payload]);
}
