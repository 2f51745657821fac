import * as fc from 'fast-check';
import { Topic, topic } from '../../protocol/topic';
import { Audience, toEveryone, toTopic, toUsers } from '../audience';
import { NewRecord } from '../records';
import { decodeRecord, encodeRecord } from './record-codec';

const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const ids = fc.array(id, { maxLength: 5 });
const type = fc.string({ minLength: 1, maxLength: 20 }).map((text) => text.replaceAll(':', ';'));
const someTopic: fc.Arbitrary<Topic> = fc.tuple(type, id).map(([kind, reference]) => topic(kind, reference));
const audience: fc.Arbitrary<Audience> = fc
  .tuple(
    fc.oneof(
      fc.constant(toEveryone()),
      fc.tuple(type, id).map(([kind, reference]) => toTopic(kind, reference)),
      ids.map(toUsers),
    ),
    ids,
  )
  .map(([target, excepted]) => target.except(excepted));
const json = fc.json();
const time = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
const durable = fc.constant(true as const);

const record: fc.Arbitrary<NewRecord> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('event' as const),
      type: id,
      json,
      audience,
      durable: fc.boolean(),
      author: id,
      topic: someTopic,
      subject: id,
    },
    { requiredKeys: ['kind', 'type', 'json', 'audience', 'durable'], noNullPrototype: true },
  ),
  fc.record({
    kind: fc.constant('typing' as const),
    ...{ json, audience, author: id, topic: someTopic, durable: fc.constant(false as const) },
  }),
  fc.record(
    {
      kind: fc.constant('refresh' as const),
      what: fc.constantFrom('UPDATE_STATUS' as const, 'UPDATE_USERS' as const),
      ...{ audience, actor: id, durable },
    },
    { requiredKeys: ['kind', 'what', 'audience', 'durable'], noNullPrototype: true },
  ),
  fc.record({
    kind: fc.constant('membership' as const),
    change: fc.constant('changed' as const),
    ...{ userIds: ids, durable },
  }),
  fc.record({
    kind: fc.constant('membership' as const),
    change: fc.constantFrom('joined' as const, 'left' as const),
    ...{ userIds: ids, topic: someTopic, durable },
  }),
  fc.record({
    kind: fc.constant('membership' as const),
    change: fc.constant('closed' as const),
    ...{ topic: someTopic, durable },
  }),
  fc.record({ kind: fc.constant('disconnect' as const), userId: id, durable }),
  fc.record({ kind: fc.constant('revocation' as const), tokenId: id, until: time, durable }),
  fc.record({
    kind: fc.constant('revocation' as const),
    ...{ userId: id, issuedBefore: time, until: time, durable },
  }),
  fc.record({ kind: fc.constant('refusal' as const), audience, durable }),
  fc.record({
    kind: fc.constant('excess' as const),
    ...{ userId: id, node: id, serials: fc.array(fc.maxSafeInteger()), durable: fc.constant(false as const) },
  }),
);

it('gives back every record as it was', () => {
  fc.assert(
    fc.property(record, (body) => {
      const encoded = encodeRecord(body);
      const { body: again, unreadable } = decodeRecord(encoded.header, encoded.json);
      expect(unreadable).toBeUndefined();
      expect(again).toEqual(body);
      if ('audience' in again) expect(Audience.is(again.audience)).toBe(true);
    }),
  );
});

it('never throws, and never makes anything but a record or a refusal of what is broken', () => {
  const broken = record.chain((body) => {
    const { header } = encodeRecord(body);
    const fields = JSON.parse(header) as object;
    return fc.oneof(
      fc
        .constantFrom(...Object.keys(fields))
        .chain((key) => fc.jsonValue().map((value) => JSON.stringify({ ...fields, [key]: value }))),
      fc.nat(header.length).map((length) => header.slice(0, length)),
      fc.json(),
    );
  });
  fc.assert(
    fc.property(broken, fc.option(json, { nil: undefined }), (header, text) => {
      const { body, unreadable } = decodeRecord(header, text);
      if (unreadable !== undefined) expect(body.kind).toBe('refusal');
      expect(decodeRecord(encodeRecord(body).header, encodeRecord(body).json).body).toEqual(body);
    }),
  );
});

it('refuses an unknown kind to the audience that it names, and another version to everyone', () => {
  const fields = { k: 'poll', audience: { users: ['ann'] } };
  expect(decodeRecord(JSON.stringify({ v: 1, ...fields }), '').body).toEqual({
    kind: 'refusal',
    audience: toUsers('ann'),
    durable: true,
  });
  expect(decodeRecord(JSON.stringify({ v: 2, ...fields }), '').body).toEqual({
    kind: 'refusal',
    audience: toEveryone(),
    durable: true,
  });
});
