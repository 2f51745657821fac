import { Transform, Type } from 'class-transformer';
import {
  Equals,
  IsArray,
  IsDefined,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import {
  InvalidEventError,
  InvalidOptionsError,
  LiveEvent,
  MessageDto,
  MissingMembershipsError,
  TypingDto,
  UpdateStatusDto,
  toEveryone,
  toTopic,
  toUsers,
  topic,
} from 'nestjs-live-messages';
import { TestClient, connect, open } from './support/client';
import { HeldAnswers } from './support/held-answers';
import { Host, startHost } from './support/host';
import { messageRow } from './support/rows';
import { seen } from './support/seen';
import { tokenOf } from './support/tokens';

class Emoji {
  @IsString() @MaxLength(8) name!: string;
  @IsOptional() @IsInt() @Min(0) skin?: number;
  secret = 'stays home';
}

@LiveEvent('REACTION_ADDED')
class ReactionAdded {
  @IsString() recipient_type!: string;
  @IsString() reference_id!: string;
  @IsString() message_id!: string;
  @IsDefined() @ValidateNested() @Type(() => Emoji) emoji!: Emoji;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Emoji) others?: Emoji[];
  @IsOptional() @IsString() note?: string | null;
  passwordHash = '$2b$10$hash';

  constructor(fields?: Partial<ReactionAdded>) {
    Object.assign(this, fields);
  }
}

abstract class Occurrence {
  @IsString() id!: string;
  @IsNumber() at!: number;
}

@LiveEvent('POLL_CLOSED')
class PollClosed extends Occurrence {
  @IsString() winner!: string;
}

/** No event itself: nothing is inherited. */
class PollReopened extends PollClosed {}

@LiveEvent('CURSOR_MOVED', { durable: false })
class CursorMoved {
  @IsString() recipient_type!: string;
  @IsString() reference_id!: string;
  @IsInt() line!: number;
}

@LiveEvent('SHOUTED')
class Shouted {
  @IsString() @Transform(({ value }: { value: string }) => value.toUpperCase()) text!: string;
}

@LiveEvent('BARE')
class Bare {}

@LiveEvent('LABELLED')
class Labelled {
  @IsString() text!: string;
  @Equals('LABELLED') readonly message_type = 'LABELLED';
}

@LiveEvent('ANYTHING')
class Anything {
  @IsObject() payload!: object;
}

@LiveEvent('LOOSE')
class Loose {
  @IsOptional() recipient_type?: unknown;
  @IsOptional() reference_id?: unknown;
  @IsOptional() user_id?: unknown;
}

@LiveEvent('UNLISTED')
class Unlisted {}

const EVENTS = [ReactionAdded, PollClosed, CursorMoved, Shouted, Bare, Labelled, Anything, Loose];

let host: Host;
let ann: TestClient;

beforeAll(async () => {
  host = await startHost({ options: { events: EVENTS } });
  host.source.put('ann', topic('CHANNEL', 'one'));
  ann = await connect(host.url, tokenOf('ann'));
});
afterAll(() => host.close());
// What one test leaves behind would be the next one's.
afterEach(async () => expect(await seen(host, 'ann', ann)).toEqual([]));

const TO_ANN = { to: toUsers('ann') };

function reaction(fields: object = {}): ReactionAdded {
  return new ReactionAdded({
    recipient_type: 'CHANNEL',
    reference_id: 'one',
    message_id: 'm',
    emoji: Object.assign(new Emoji(), { name: 'wave' }),
    ...fields,
  });
}

function cursorMoved(): CursorMoved {
  return Object.assign(new CursorMoved(), { recipient_type: 'CHANNEL', reference_id: 'one', line: 3 });
}

/** How an event is refused; that it is accepted is the failure. */
async function refusalOf(event: object, options: Parameters<Host['live']['emit']>[1] = TO_ANN) {
  try {
    await host.live.emit(event, options);
  } catch (error) {
    return error as InvalidEventError;
  }
  throw new Error('it was accepted');
}

describe('an event of the host’s own', () => {
  it('comes out as its name and then its declared fields, nested ones too, and nothing else', async () => {
    await host.live.emit(
      reaction({
        others: [{ name: 'a', skin: 2, password: 'x' }, Object.assign(new Emoji(), { name: 'b' })],
      }),
    );
    expect(await ann.next()).toBe(
      '{"message_type":"REACTION_ADDED","recipient_type":"CHANNEL","reference_id":"one","message_id":"m",' +
        '"emoji":{"name":"wave"},"others":[{"name":"a","skin":2},{"name":"b"}]}',
    );
  });

  it('leaves out an optional field that is undefined, and keeps one that is null', async () => {
    await host.live.emit(reaction({ note: undefined }));
    expect(await ann.nextEvent()).not.toHaveProperty('note');
    await host.live.emit(reaction({ note: null }));
    expect(await ann.nextEvent()).toHaveProperty('note', null);
  });

  it('brings the fields of its base class first', async () => {
    await host.live.emit(Object.assign(new PollClosed(), { winner: 'w', at: 1, id: 'i' }), TO_ANN);
    expect(await ann.next()).toBe('{"message_type":"POLL_CLOSED","id":"i","at":1,"winner":"w"}');
  });

  it('may be no more than its name', async () => {
    await host.live.emit(new Bare(), TO_ANN);
    expect(await ann.next()).toBe('{"message_type":"BARE"}');
  });

  it('begins with message_type, also when its class declares that among its fields', async () => {
    await host.live.emit(Object.assign(new Labelled(), { text: 'hello' }), TO_ANN);
    expect(await ann.next()).toBe('{"message_type":"LABELLED","text":"hello"}');
  });

  it('has its transforms', async () => {
    await host.live.emit(Object.assign(new Shouted(), { text: 'hello' }), TO_ANN);
    expect(await ann.next()).toBe('{"message_type":"SHOUTED","text":"HELLO"}');
  });

  it('does not take its message_type from a field', async () => {
    await host.live.emit(Object.assign(new Bare(), { message_type: 'MESSAGE' }), TO_ANN);
    expect(await ann.next()).toBe('{"message_type":"BARE"}');
  });

  it('leaves the host’s objects as they were', async () => {
    const emoji = { name: 'wave', secret: 'mine' };
    const event = reaction({ emoji });
    await host.live.emit(event);
    await ann.next();
    expect(event.emoji).toBe(emoji);
    expect(emoji).toEqual({ name: 'wave', secret: 'mine' });
  });

  it('goes to the members of its topic, or where it is told', async () => {
    host.source.put('ben', topic('CHANNEL', 'two'));
    const ben = await connect(host.url, tokenOf('ben'));
    await host.live.emit(reaction());
    await host.live.emit(reaction({ reference_id: 'two' }));
    await host.live.emit(reaction({ reference_id: 'two' }), { to: toTopic('CHANNEL', 'one') });
    await host.live.emit(new Bare(), { to: toEveryone().except('ann') });
    expect(await seen(host, 'ann', ann)).toEqual(['REACTION_ADDED', 'REACTION_ADDED']);
    expect(await seen(host, 'ben', ben)).toEqual(['REACTION_ADDED', 'BARE']);
  });

  it('for a USER goes to the user and to the author it declares', async () => {
    const [ben, cid] = [await connect(host.url, tokenOf('ben')), await connect(host.url, tokenOf('cid'))];
    await host.live.emit(
      Object.assign(new Loose(), { recipient_type: 'USER', reference_id: 'ann', user_id: 'ben' }),
    );
    expect(await seen(host, 'ann', ann)).toEqual(['LOOSE']);
    expect(await seen(host, 'ben', ben)).toEqual(['LOOSE']);
    expect(await seen(host, 'cid', cid)).toEqual([]);
  });

  it('without a topic of its own needs `to`', async () => {
    for (const event of [new Bare(), Object.assign(new PollClosed(), { winner: 'w', at: 1, id: 'i' })]) {
      const refusal = await refusalOf(event, {});
      expect(refusal).toBeInstanceOf(InvalidEventError);
      expect(refusal.issues.map(({ path }) => path)).toEqual(['to']);
    }
  });

  it.each<[string, object]>([
    ['no recipient_type', { reference_id: 'one' }],
    ['no reference_id', { recipient_type: 'CHANNEL' }],
    ['a number for an id', { recipient_type: 'CHANNEL', reference_id: 7 }],
    ['a colon in its recipient_type', { recipient_type: 'A:B', reference_id: 'one' }],
    ['an id that is too long', { recipient_type: 'CHANNEL', reference_id: 'x'.repeat(256) }],
    ['a number for a user', { recipient_type: 'USER', reference_id: 7 }],
    ['a user that is too long', { recipient_type: 'USER', reference_id: 'x'.repeat(256) }],
    ['an empty author', { recipient_type: 'USER', reference_id: 'ann', user_id: '' }],
  ])('that declares its topic loosely is refused with %s', async (_, fields) => {
    expect(await refusalOf(Object.assign(new Loose(), fields), {})).toBeInstanceOf(InvalidEventError);
  });

  it('without memberships needs `to` that names users', async () => {
    const alone = await startHost({ withMemberships: false, options: { events: EVENTS } });
    await expect(alone.live.emit(reaction())).rejects.toBeInstanceOf(MissingMembershipsError);
    await expect(alone.live.emit(reaction(), { to: toUsers('ann') })).resolves.toHaveProperty('cursor');
    await alone.close();
  });

  it('has a place of its own, unless it says otherwise', async () => {
    const { cursor: first } = await host.live.emit(new Bare(), TO_ANN);
    const { cursor: second } = await host.live.emit(new Bare(), TO_ANN);
    expect(seqOf(second)).toBe(seqOf(first) + 1);
    expect(await seen(host, 'ann', ann)).toEqual(['BARE', 'BARE']);
  });

  it('that is not durable arrives, and has no place of its own', async () => {
    const before = await host.live.message(messageRow('one', { content: 'before' }));
    const cursors = await Promise.all([host.live.emit(cursorMoved()), host.live.emit(cursorMoved())]);
    const after = await host.live.message(messageRow('one', { content: 'after' }));
    expect(cursors).toEqual([before, before]);
    expect(seqOf(after.cursor)).toBe(seqOf(before.cursor) + 1);
    expect(await seen(host, 'ann', ann)).toEqual(['before', 'CURSOR_MOVED', 'CURSOR_MOVED', 'after']);
  });

  it('that is not durable is not kept for a connection that is still behind', async () => {
    const answers = HeldAnswers.of(host.source, 'ben');
    const ben = open(host.url, tokenOf('ben'));
    const asked = await answers.next();
    await host.live.message(messageRow('one', { content: 'durable' }));
    await host.live.emit(cursorMoved());
    await host.live.message(messageRow('one', { content: 'durable too' }));
    // The hub has seen them all, ben's connection none.
    expect(await seen(host, 'ann', ann)).toEqual(['durable', 'CURSOR_MOVED', 'durable too']);
    asked.answer([topic('CHANNEL', 'one')]);
    expect(JSON.parse(await ben.next())).toBe('Websocket Connection Established');
    expect(await seen(host, 'ben', ben)).toEqual(['durable', 'durable too']);
  });
});

describe('an event of the host’s own is refused', () => {
  it('with the path of each field that is wrong, through nested ones', async () => {
    const refusal = await refusalOf(
      reaction({
        message_id: 7,
        emoji: { name: 'x'.repeat(9) },
        others: [{ name: 'a' }, { name: 'b', skin: -1 }],
      }),
    );
    expect(refusal).toBeInstanceOf(InvalidEventError);
    expect(refusal.event).toBe('REACTION_ADDED');
    expect(refusal.issues.map(({ path }) => path)).toEqual(['message_id', 'emoji.name', 'others.1.skin']);
  });

  it('when a nested one is missing, or no object', async () => {
    for (const emoji of [undefined, null, 'wave', 7]) {
      const refusal = await refusalOf(reaction({ emoji }));
      expect(refusal).toBeInstanceOf(InvalidEventError);
      expect(refusal.issues[0]!.path).toMatch(/^emoji/);
    }
  });

  it('when its transform throws, without what was thrown', async () => {
    const refusal = await refusalOf(Object.assign(new Shouted(), { text: { S3CRET: 1 } }));
    expect(refusal).toBeInstanceOf(InvalidEventError);
    expect(refusal.message).not.toContain('toUpperCase');
    expect(refusal.message).not.toContain('S3CRET');
  });

  it('when it is of a class that is not listed, a base or a child of one, or of no class', async () => {
    const others = [
      new Unlisted(),
      Object.assign(new PollReopened(), { winner: 'w', at: 1, id: 'i' }),
      { message_type: 'BARE' },
      Object.create(null) as object,
      [new Bare()],
      Bare,
      () => new Bare(),
      new Date(),
      { ...new Bare() },
    ];
    for (const other of others) {
      const refusal = await refusalOf(other);
      expect(refusal).toBeInstanceOf(InvalidEventError);
      expect(refusal.message).toContain('@LiveEvent');
      expect(refusal.message).toContain('`events`');
    }
  });

  it.each<[string, () => object]>([
    ['a BigInt', () => ({ n: 7n })],
    ['a BigInt in a list', () => ({ list: [1, [7n]] })],
    ['a toJSON that throws', () => ({ toJSON: fail })],
    ['a getter that throws', () => Object.defineProperty({}, 'x', { get: fail, enumerable: true })],
    ['a Proxy that throws', () => new Proxy({}, { get: fail, ownKeys: fail, getPrototypeOf: fail })],
    ['a cycle', () => cyclic({})],
    ['a cycle through a list', () => cyclic({}, (value) => [[value]])],
    ['a list in itself', () => ({ list: cyclic([]) })],
    ['a lone surrogate', () => ({ text: 'a\ud800' })],
    ['a key with a lone surrogate', () => ({ '\udc00': 1 })],
    ['too much', () => ({ text: 'x'.repeat(262_144) })],
  ])('when it carries %s', async (_, payload) => {
    const refusal = await refusalOf(Object.assign(new Anything(), { payload: payload() }));
    expect(refusal).toBeInstanceOf(InvalidEventError);
    expect(refusal.message).not.toContain('S3CRET');
  });

  it('when its text has a lone surrogate', async () => {
    expect(await refusalOf(Object.assign(new Shouted(), { text: '\ud800' }))).toBeInstanceOf(
      InvalidEventError,
    );
  });

  it('but not when it carries one object twice', async () => {
    const shared = { x: 1 };
    await host.live.emit(
      Object.assign(new Anything(), { payload: { a: shared, b: [shared, shared] } }),
      TO_ANN,
    );
    expect(await ann.next()).toBe(
      '{"message_type":"ANYTHING","payload":{"a":{"x":1},"b":[{"x":1},{"x":1}]}}',
    );
  });

  it('but not when a backslash only looks like an escaped surrogate', async () => {
    const payload = { text: '\\ud800 👋' };
    await host.live.emit(Object.assign(new Anything(), { payload }), TO_ANN);
    expect(await ann.nextEvent()).toEqual({ message_type: 'ANYTHING', payload });
  });
});

describe('one of the six, emitted by its class', () => {
  it('is what its method emits', async () => {
    const row = messageRow('ann', { recipient_type: 'USER' });
    await host.live.message(row);
    await host.live.emit(Object.assign(new MessageDto(), row, { password: 'x' }));
    const [byMethod, byClass] = await ann.take(2);
    expect(byClass).toBe(byMethod);
    await host.live.emit(
      Object.assign(new TypingDto(), { recipient_type: 'USER', reference_id: 'ann', user_id: 'ben' }),
    );
    expect(await ann.next()).toBe(
      '{"message_type":"TYPING","recipient_type":"USER","reference_id":"ann","user_id":"ben"}',
    );
    await host.live.emit(new UpdateStatusDto());
    expect(await ann.next()).toBe('{"message_type":"UPDATE_STATUS"}');
  });

  it('is refused when its fields are missing', async () => {
    const refusal = await refusalOf(new MessageDto());
    expect(refusal).toBeInstanceOf(InvalidEventError);
    expect(refusal.issues.map(({ path }) => path)).toContain('content');
  });
});

describe('at boot', () => {
  @LiveEvent('MESSAGE')
  class TakenName {}
  @LiveEvent('RESYNC')
  class ControlName {}
  @LiveEvent('reaction')
  class SmallName {}
  @LiveEvent('')
  class EmptyName {}
  @LiveEvent(`A${'B'.repeat(64)}`)
  class LongName {}
  @LiveEvent('BARE')
  class SameName {}
  @LiveEvent('POSITIONED')
  class Positioned {
    @IsString() cursor!: string;
  }
  class Placed {
    @IsString() cursor!: string;
  }
  @LiveEvent('PLACED_LATER')
  class PlacedLater extends Placed {}

  it.each<[string, unknown[], RegExp]>([
    ['a class without @LiveEvent', [PollReopened], /events: PollReopened must be a class with @LiveEvent/],
    ['what is no class', [{ name: 'X' }], /events: object must be a class with @LiveEvent/],
    ['a hole', [undefined], /events: undefined must be a class with @LiveEvent/],
    ['a name of the six', [TakenName], /events: the name MESSAGE of TakenName belongs to the protocol/],
    ['a name of a control object', [ControlName], /events: the name RESYNC of ControlName belongs/],
    ['a name in small letters', [SmallName], /events: the name of SmallName must match .*got "reaction"/],
    ['an empty name', [EmptyName], /events: the name of EmptyName must match .*got ""/],
    ['a long name', [LongName], /events: the name of LongName must match/],
    ['two classes of one name', [Bare, SameName], /events: two classes are named BARE/],
    ['one class twice', [Bare, Bare], /events: two classes are named BARE/],
    ['one of the six', [MessageDto], /MESSAGE/],
    ['a field named cursor', [Positioned], /events: Positioned declares "cursor"/],
    ['a field named cursor in a base class', [PlacedLater], /events: PlacedLater declares "cursor"/],
  ])('%s is refused', async (_, events, message) => {
    const refusal: unknown = await startHost({ options: { events: events as never } }).then(
      (started) => started.close(),
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(InvalidOptionsError);
    expect((refusal as Error).message).toMatch(message);
  });

  it('every problem is named at once', async () => {
    const starting = startHost({ options: { events: [TakenName, SmallName, Positioned] } });
    await expect(starting).rejects.toMatchObject({
      problems: [
        expect.stringContaining('TakenName'),
        expect.stringContaining('SmallName'),
        expect.stringContaining('Positioned'),
      ],
    });
  });
});

function fail(): never {
  throw new Error('S3CRET');
}

/** An object or a list that holds itself. */
function cyclic(value: object, inside: (value: object) => unknown = (same) => same): object {
  if (Array.isArray(value)) value.push(inside(value));
  else Object.assign(value, { self: inside(value) });
  return value;
}

function seqOf(cursor: string): number {
  return Number(cursor.split('-')[1]);
}
