import { toTopic, topic } from 'nestjs-live-messages';
import { encodeRecord } from '../../../dist/log/redis/record-codec';
import { textOf } from '../../../dist/log/redis/stream-entry';
import type { EventRecord } from '../../../dist/log/records';
import { messageOf } from '../message';

/** How many channels the records are of. */
const CHANNELS = 2_000;

/** What the n-th message is in the log, as an emit makes it. */
export function recordOf(event: number): EventRecord {
  const message = messageOf(event, event % CHANNELS);
  const { id, user_id: author, recipient_type: type, reference_id: channel } = message;
  return {
    kind: 'event',
    type: 'MESSAGE',
    json: JSON.stringify(message),
    audience: toTopic(type, channel),
    author,
    topic: topic(type, channel),
    subject: id,
    durable: true,
  };
}

/** How long a record is in the stream, in bytes, without what Redis adds. */
export function recordBytes(): number {
  return Buffer.byteLength(textOf(encodeRecord(recordOf(0))));
}
