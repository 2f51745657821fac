import { Writable } from 'node:stream';
import fc from 'fast-check';
import WebSocket from 'ws';
import { textFrame } from './frame';

/** ws's own parser, which its types leave out. */
const { Receiver } = WebSocket as unknown as { Receiver: new (options: object) => Writable };

/** What ws reads as a client, when the bytes come in pieces of some sizes. */
async function readByWs(bytes: Buffer, pieces: readonly number[]): Promise<string[]> {
  const receiver = new Receiver({ isServer: false, allowSynchronousEvents: true });
  const texts: string[] = [];
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    texts.push(isBinary ? 'binary' : data.toString()),
  );
  const done = new Promise<void>((resolve, reject) => {
    receiver.on('error', reject);
    receiver.on('finish', resolve);
  });
  let at = 0;
  for (const piece of pieces) {
    receiver.write(bytes.subarray(at, at + piece));
    at += piece;
  }
  receiver.end(bytes.subarray(at));
  await done;
  return texts;
}

const lengths = [0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537, 300_000];

describe('textFrame', () => {
  it.each(lengths)('is read by ws when it has %d bytes', async (length) => {
    const text = 'x'.repeat(length);
    expect((await readByWs(textFrame(text), [])).join() === text).toBe(true);
  });

  it.each(lengths.slice(4))(
    'is read by ws when its characters of many bytes have about %d bytes',
    async (length) => {
      for (const unit of ['ü', '€', '😀']) {
        for (const rest of ['', 'x', 'xx', 'xxx']) {
          const text = unit.repeat(length / Buffer.byteLength(unit)) + rest;
          expect((await readByWs(textFrame(text), [])).join() === text).toBe(true);
        }
      }
    },
  );

  it('is read by ws whatever the text, one after the other, in whatever pieces they come', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary', maxLength: 200 }),
            fc.string({ unit: 'grapheme', maxLength: 70 }),
          ),
        ),
        fc.array(fc.nat({ max: 300 })),
        async (texts, pieces) => {
          const bytes = Buffer.concat(texts.map((text) => textFrame(text)));
          expect(await readByWs(bytes, pieces)).toEqual(texts);
        },
      ),
      { numRuns: 200 },
    ));

  it('is one unmasked text frame with the shortest form of its length', () => {
    expect([...textFrame('ab')]).toEqual([0x81, 2, 0x61, 0x62]);
    expect([...textFrame('x'.repeat(126)).subarray(0, 4)]).toEqual([0x81, 126, 0, 126]);
    expect([...textFrame('x'.repeat(65_536)).subarray(0, 10)]).toEqual([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
  });
});
