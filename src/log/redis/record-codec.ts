import { isId } from '../../protocol/id';
import { isTopic, Topic } from '../../protocol/topic';
import { Audience, toEveryone } from '../audience';
import { EventRecord, NewRecord } from '../records';
import { decodeAudience, encodeAudience } from './audience-codec';
import { isIds, isObject, isText, optional } from './shapes';

/** The version of what {@link encodeRecord} writes. Another meaning of a field is another version. */
const VERSION = 1;

/** A record as it stands in the stream: what it is as a small object, and the event's JSON text beside it, as it is. */
export interface EncodedRecord {
  readonly header: string;
  readonly json: string;
}

/** A record that can't be read is one that somebody misses. */
export interface DecodedRecord {
  readonly body: NewRecord;
  /** Why `body` is a refusal in place of the record, or undefined when it is the record. */
  readonly unreadable?: string;
}

/** A record for the stream. */
export function encodeRecord(body: NewRecord): EncodedRecord {
  const header = JSON.stringify({
    v: VERSION,
    k: body.kind,
    ...body,
    ...('audience' in body ? { audience: encodeAudience(body.audience) } : undefined),
    ...(body.durable ? undefined : { d: 0 }),
    // An undefined value is left out.
    kind: undefined,
    durable: undefined,
    json: undefined,
  });
  return { header, json: 'json' in body ? body.json : '' };
}

/**
 * A record from the stream, or a `refusal` in its place: for the audience that a kind of a newer release names in the
 * way of this version, else for everyone. Never throws.
 */
export function decodeRecord(header: string | undefined, json: string | undefined): DecodedRecord {
  const fields = parse(header);
  if (!fields) return refusal(toEveryone(), 'it is not a record');
  if (fields['v'] !== VERSION) return refusal(toEveryone(), 'its version is another');
  const audience = decodeAudience(fields['audience']);
  const kind = fields['k'];
  if (typeof kind !== 'string' || !Object.hasOwn(DECODERS, kind)) {
    return refusal(audience ?? toEveryone(), 'its kind is unknown');
  }
  const body = DECODERS[kind as NewRecord['kind']](fields, audience, json);
  return body ? { body } : refusal(toEveryone(), 'it is malformed');
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type Fields = Readonly<Record<string, unknown>>;
type Decoder = (
  fields: Fields,
  audience: Audience | undefined,
  json: string | undefined,
) => NewRecord | undefined;

const DECODERS: Readonly<Record<NewRecord['kind'], Decoder>> = {
  event: ({ type, author, topic, subject, d }, audience, json) => {
    if (!isText(type) || !audience || !json || !optional(author, isId) || !optional(topic, isTopic)) return;
    if (!optional(subject, isText)) return;
    // One by one: three spreads take longer than all of the above.
    const event: Writable<EventRecord> = { kind: 'event', type, json, audience, durable: d !== 0 };
    if (author !== undefined) event.author = author;
    if (topic !== undefined) event.topic = topic;
    if (subject !== undefined) event.subject = subject;
    return event;
  },
  typing: ({ author, topic }, audience, json) =>
    audience && json && isId(author) && isTopic(topic)
      ? { kind: 'typing', json, audience, author, topic, durable: false }
      : undefined,
  refresh: ({ what, actor }, audience) =>
    audience && (what === 'UPDATE_STATUS' || what === 'UPDATE_USERS') && optional(actor, isId)
      ? { kind: 'refresh', what, audience, durable: true, ...(actor === undefined ? {} : { actor }) }
      : undefined,
  membership: decodeMembership,
  disconnect: ({ userId }) => (isId(userId) ? { kind: 'disconnect', userId, durable: true } : undefined),
  revocation: ({ until, tokenId, userId, issuedBefore }) => {
    if (!isTime(until)) return;
    const own = { kind: 'revocation', until, durable: true } as const;
    if (isText(tokenId)) return { ...own, tokenId };
    return isId(userId) && isTime(issuedBefore) ? { ...own, userId, issuedBefore } : undefined;
  },
  excess: ({ userId, node, serials }) =>
    isId(userId) && isText(node) && Array.isArray(serials) && serials.every(Number.isSafeInteger)
      ? { kind: 'excess', userId, node, serials: serials as number[], durable: false }
      : undefined,
  refusal: (_, audience) => (audience ? { kind: 'refusal', audience, durable: true } : undefined),
};

function decodeMembership({ change, userIds, topic }: Fields): NewRecord | undefined {
  const own = { kind: 'membership', durable: true } as const;
  const about: Topic | undefined = isTopic(topic) ? topic : undefined;
  if (change === 'closed') return about && { ...own, change, topic: about };
  if (!isIds(userIds)) return;
  if (change === 'changed') return { ...own, change, userIds };
  return (change === 'joined' || change === 'left') && about
    ? { ...own, change, userIds, topic: about }
    : undefined;
}

function refusal(audience: Audience, unreadable: string): DecodedRecord {
  return { body: { kind: 'refusal', audience, durable: true }, unreadable };
}

function parse(header: string | undefined): Fields | undefined {
  try {
    const value: unknown = JSON.parse(header ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}
