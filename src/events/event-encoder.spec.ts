import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsArray, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import * as fc from 'fast-check';
import { InvalidEventError } from '../live-messages.errors';
import { MessageDto } from './dto/message.dto';
import { TypingDto } from './dto/typing.dto';
import { EventCatalog, EventShape } from './event-catalog';
import { EncodedEvent, EventEncoder } from './event-encoder';
import { LiveEvent } from './live-event.decorator';

class Part {
  @IsString() name!: string;
}

@LiveEvent('PARTS')
class Parts {
  @IsOptional() @ValidateNested() @Type(() => Part) one?: Part;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Part) many?: Part[];
  @IsOptional() @IsObject() free?: object;
  @IsOptional() @IsString({ message: 'must be said' }) said?: string;
}

const catalog = new EventCatalog([Parts]);
const encoder = new EventEncoder({ contentBytes: 100, eventBytes: 600 });

function shapeOf(type: { readonly prototype: object }): EventShape {
  return catalog.shapeOf(type.prototype)!;
}

function encode(type: { readonly prototype: object }, input: unknown): EncodedEvent {
  return encoder.encode(shapeOf(type), input);
}

function issuesOf(type: { readonly prototype: object }, input: unknown): InvalidEventError['issues'] {
  try {
    encode(type, input);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidEventError);
    return (error as InvalidEventError).issues;
  }
  throw new Error('it was accepted');
}

function message(fields: object = {}): object {
  return {
    id: '1',
    user_id: 'ann',
    content: 'hello',
    date_created: '2024-09-09 14:06:11.5',
    date_updated: null,
    recipient_type: 'CHANNEL',
    reference_id: 'one',
    ...fields,
  };
}

const KEYS = [
  'id',
  'user_id',
  'content',
  'date_created',
  'date_updated',
  'message_type',
  'recipient_type',
  'reference_id',
  'deleted',
];

it('writes the fields in the order of their declaration, whatever the order in the row', () => {
  const rows = fc.shuffledSubarray(Object.entries(message()), { minLength: 7 });
  fc.assert(
    fc.property(rows, (entries) => {
      const { json, fields } = encode(MessageDto, Object.fromEntries(entries));
      expect(Object.keys(fields)).toEqual(KEYS);
      expect(json).toBe(JSON.stringify(fields));
      expect(Object.keys(JSON.parse(json) as object)).toEqual(KEYS);
    }),
  );
});

it('brings any well-formed text through as it is, and no other', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom('\ud83d', '\udc4b', '\ud800'), fc.string()),
    maxLength: 20,
  });
  const big = new EventEncoder({ contentBytes: 1_000_000, eventBytes: 1_000_000 });
  fc.assert(
    fc.property(text, (content) => {
      const attempt = () => big.encode(shapeOf(MessageDto), message({ content }));
      if (!content.isWellFormed()) return expect(attempt).toThrow(InvalidEventError);
      expect(JSON.parse(attempt().json)).toMatchObject({ content });
    }),
  );
});

it('takes anything for a row and either encodes the nine strings or says what is wrong, and throws nothing else', () => {
  const value = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }),
    fc.constant('x'),
  );
  const row = fc.record(Object.fromEntries(Object.keys(message()).map((key) => [key, value])), {
    requiredKeys: [],
  });
  fc.assert(
    fc.property(fc.oneof(row, value), (input) => {
      try {
        const { json } = encode(MessageDto, input);
        expect(Object.keys(JSON.parse(json) as object)).toEqual(KEYS);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidEventError);
        expect((error as InvalidEventError).issues.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500 },
  );
});

describe('size', () => {
  it.each(['a', 'é', '한', '👋'])('of content is counted in bytes of UTF-8: %s', (character) => {
    const bytes = Buffer.byteLength(character);
    const fits = character
      .repeat(Math.floor(100 / bytes))
      .padEnd(Math.floor(100 / bytes) * character.length + (100 % bytes), 'a');
    expect(Buffer.byteLength(fits)).toBe(100);
    expect(encode(MessageDto, message({ content: fits })).fields.content).toBe(fits);
    expect(issuesOf(MessageDto, message({ content: `${fits}a` }))).toEqual([
      { path: 'content', message: 'must be at most 100 bytes, got 101' },
    ]);
  });

  it('of an event is counted in bytes of its JSON', () => {
    const free = (length: number) => ({ free: { text: 'é'.repeat(length / 2) + 'a'.repeat(length % 2) } });
    const rest = Buffer.byteLength(encode(Parts, free(0)).json);
    expect(Buffer.byteLength(encode(Parts, free(600 - rest)).json)).toBe(600);
    expect(issuesOf(Parts, free(601 - rest))).toEqual([
      { path: '(event)', message: 'must be at most 600 bytes, got 601' },
    ]);
  });

  it('of an event is bounded by what its ids add too', () => {
    const ids = { id: 'x'.repeat(255), user_id: 'x'.repeat(255), reference_id: 'x'.repeat(255) };
    expect(issuesOf(MessageDto, message(ids))).toMatchObject([{ path: '(event)' }]);
  });
});

describe('what is wrong', () => {
  it('is said of each field once, with what was expected', () => {
    const issues = issuesOf(MessageDto, message({ id: '', date_created: 'yesterday', date_updated: 7 }));
    expect(issues.map(({ path }) => path)).toEqual(['id', 'date_created', 'date_updated']);
    expect(issues[0]!.message).toBe('must be a string of 1 to 255 characters');
    expect(issues[1]!.message).toContain('YYYY-MM-DD HH:MM:SS.ffffff');
  });

  it('is said with the path into nested fields and lists', () => {
    expect(issuesOf(Parts, { one: { name: 7 }, many: [{ name: 'a' }, {}, { name: null }] })).toEqual([
      { path: 'one.name', message: 'must be a string' },
      { path: 'many.1.name', message: 'must be a string' },
      { path: 'many.2.name', message: 'must be a string' },
    ]);
  });

  it('is said in the class’s own words', () => {
    expect(issuesOf(Parts, { said: 7 })).toEqual([{ path: 'said', message: 'must be said' }]);
  });

  it('names the event, and all of it in the message', () => {
    expect(() => encode(TypingDto, { user_id: '' })).toThrow(
      'TYPING is not valid: recipient_type must be a string of 1 to 64 characters without ":"; reference_id ' +
        'must be a string of 1 to 255 characters; user_id must be a string of 1 to 255 characters',
    );
  });

  it('names the field that can’t be written as JSON', () => {
    const bad = [7n, { toJSON: () => 7n }, { inside: [7n] }];
    for (const value of bad) {
      expect(issuesOf(Parts, { said: 'x', free: { value } }).map(({ path }) => path)).toEqual(['free']);
    }
  });

  it('names the field whose getter throws', () => {
    const input = Object.defineProperty({}, 'said', {
      get() {
        throw new Error('a secret');
      },
    });
    expect(issuesOf(Parts, input)).toEqual([
      { path: 'said', message: 'could not be read: its getter throws' },
    ]);
  });
});

it('gives nobody the row’s own objects: what the host changes later is not in the event', () => {
  const row = { one: { name: 'before' }, free: { list: [1] } };
  const { json, fields } = encode(Parts, row);
  row.one.name = 'after';
  row.free.list.push(2);
  expect(json).toBe('{"message_type":"PARTS","one":{"name":"before"},"free":{"list":[1]}}');
  expect(JSON.stringify(fields)).toBe(json);
});
