import { EncodedRecord } from './record-codec';

/** One entry of a stream, as Redis answers it. */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** What an entry holds; nothing is certain of one that somebody else has written. */
export interface EntryParts {
  /** The server's milliseconds since 1970. */
  readonly at: number | undefined;
  readonly header: string | undefined;
  readonly json: string | undefined;
  /** Of an entry of the fleeting stream, the log's head at its append. */
  readonly place: string | undefined;
}

const NOTHING: EntryParts = { at: undefined, header: undefined, json: undefined, place: undefined };

/** A record as one text, which goes into an entry behind the time: each field more is paid for by every reader. */
export function textOf({ header, json }: EncodedRecord): string {
  return `${header}\n${json}`;
}

/** What stands in the fields `r`, the time, the header and the JSON as one text, and `p`, the place. */
export function partsOf([name, text, placeName, place]: readonly string[]): EntryParts {
  if (name !== 'r' || text === undefined) return NOTHING;
  const blank = text.indexOf(' ');
  const line = text.indexOf('\n', blank);
  const end = line < 0 ? text.length : line;
  return {
    at: timeOf(text.slice(0, Math.max(0, blank))),
    header: text.slice(blank + 1, end),
    json: text.slice(end + 1),
    place: placeName === 'p' ? place : undefined,
  };
}

function timeOf(text: string): number | undefined {
  const time = Number(text);
  return text && Number.isSafeInteger(time) ? time : undefined;
}
