import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  InvalidEventError,
  LiveEventsService,
  LiveMessagesModule,
  LogUnavailableError,
  MemoryEventLog,
  MessageRow,
  MissingMembershipsError,
  TypingRow,
  toEveryone,
  toTopic,
  toUsers,
  topic,
} from 'nestjs-live-messages';
import { TestClient, connect } from './support/client';
import { Host, HostSetup, startHost } from './support/host';
import { messageRow } from './support/rows';
import { seen, seenBy } from './support/seen';
import { SECRET, tokenOf } from './support/tokens';

/** The package exports its type only. */
const AudienceClass = toEveryone().constructor as { prototype: object; new (...parts: unknown[]): object };

/** The examples of the specification, word for word. */
const SAMPLES = {
  MESSAGE: `{
  "id": "da032ee6-bad0-4f08-9841-01480e493051",
  "user_id": "20424c2e-1cf9-4345-81c0-4aaa59d876a2",
  "content": "hello",
  "date_created": "2024-09-09 14:06:11.251848",
  "date_updated": "2024-09-09 14:26:57.768097138",
  "message_type": "MESSAGE",
  "recipient_type": "CHANNEL",
  "reference_id": "c8132499-8e78-47fd-ada4-c4e259d5fc01",
  "deleted": false
}`,
  EDIT_MESSAGE: `{
  "id": "da032ee6-bad0-4f08-9841-01480e493051",
  "user_id": "20424c2e-1cf9-4345-81c0-4aaa59d876a2",
  "content": "hello",
  "date_created": "2024-09-09 14:06:11.251848",
  "date_updated": "2024-09-09 14:26:57.768097138",
  "message_type": "EDIT_MESSAGE",
  "recipient_type": "CHANNEL",
  "reference_id": "c8132499-8e78-47fd-ada4-c4e259d5fc01",
  "deleted": false
}`,
  DELETE_MESSAGE: `{
  "id": "da032ee6-bad0-4f08-9841-01480e493051",
  "user_id": "20424c2e-1cf9-4345-81c0-4aaa59d876a2",
  "content": "hello",
  "date_created": "2024-09-09 14:06:11.251848",
  "date_updated": "2024-09-09 14:26:57.768097138",
  "message_type": "DELETE_MESSAGE",
  "recipient_type": "CHANNEL",
  "reference_id": "20e15fcf-484c-4d67-859f-f692f0a50eaf",
  "deleted": true
}`,
  TYPING: `{
  "message_type": "TYPING",
  "recipient_type": "CHANNEL",
  "reference_id": "aa09131f-bc17-4c24-8a6c-e3eb4e868b34",
  "user_id": "b5725c67-d2de-43c0-aa38-81e7e8339f42"
}`,
  UPDATE_STATUS: `{
  "message_type": "UPDATE_STATUS"
}`,
  UPDATE_USERS: `{
  "message_type": "UPDATE_USERS"
}`,
} as const;

/** What a host's row has of a sample: all but what the method says itself. */
function rowOf(sample: string): MessageRow & TypingRow {
  const { message_type: _, deleted: __, ...row } = JSON.parse(sample) as Record<string, unknown>;
  return row as unknown as MessageRow & TypingRow;
}

const EMIT_SAMPLE: Record<keyof typeof SAMPLES, (live: LiveEventsService, sample: string) => unknown> = {
  MESSAGE: (live, sample) => live.message(rowOf(sample)),
  EDIT_MESSAGE: (live, sample) => live.messageEdited(rowOf(sample)),
  DELETE_MESSAGE: (live, sample) => live.messageDeleted(rowOf(sample)),
  TYPING: (live, sample) => live.typing(rowOf(sample)),
  UPDATE_STATUS: (live) => live.updateStatus(),
  UPDATE_USERS: (live) => live.updateUsers(),
};

const hosts: Host[] = [];

async function start(setup: HostSetup = {}): Promise<Host> {
  const host = await startHost(setup);
  hosts.push(host);
  return host;
}

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
});

describe.each(['Express', 'Fastify'] as const)('the samples of the specification, on %s', (http) => {
  it('come out byte for byte, as text frames', async () => {
    const host = await start({ http });
    const channels = Object.values(SAMPLES)
      .map((sample) => (JSON.parse(sample) as { reference_id?: string }).reference_id)
      .filter((id) => id !== undefined);
    host.source.put('reader', ...channels.map((id) => topic('CHANNEL', id)));
    const reader = await connect(host.url, tokenOf('reader'));
    const kinds: boolean[] = [];
    reader.socket.on('message', (_, isBinary) => kinds.push(isBinary));

    for (const [name, sample] of Object.entries(SAMPLES) as [keyof typeof SAMPLES, string][]) {
      await EMIT_SAMPLE[name](host.live, sample);
      expect(await reader.next()).toBe(JSON.stringify(JSON.parse(sample)));
    }
    expect(kinds).toEqual([false, false, false, false, false, false]);
  });
});

it('takes message_type and deleted from the method, whatever the row says', async () => {
  const host = await start();
  const reader = await connect(host.url, tokenOf('reader'));
  const row = {
    ...messageRow('reader', { recipient_type: 'USER' }),
    message_type: 'TYPING',
    deleted: 'maybe',
  };
  await host.live.message(row);
  await host.live.messageEdited(row);
  await host.live.messageDeleted(row);
  expect((await reader.take(3)).map((frame) => JSON.parse(frame) as unknown)).toMatchObject([
    { message_type: 'MESSAGE', deleted: false },
    { message_type: 'EDIT_MESSAGE', deleted: false },
    { message_type: 'DELETE_MESSAGE', deleted: true },
  ]);
});

describe('order', () => {
  it('keeps the order of the calls on every connection when nothing is awaited', async () => {
    const host = await start();
    const topics = [topic('CHANNEL', 'one'), topic('CHANNEL', 'two')];
    host.source.put('ann', ...topics);
    host.source.put('ben', ...topics);
    const clients = [
      await connect(host.url, tokenOf('ann')),
      await connect(host.url, tokenOf('ann')),
      await connect(host.url, tokenOf('ben')),
    ];
    const methods = ['message', 'messageEdited', 'messageDeleted'] as const;
    const settled: number[] = [];
    const emitted = Array.from({ length: 300 }, (_, index) =>
      host.live[methods[index % 3]!](messageRow(index % 2 ? 'one' : 'two', { content: `${index}` })).then(
        ({ cursor }) => {
          settled.push(index);
          return seqOf(cursor);
        },
      ),
    );
    const seqs = await Promise.all(emitted);
    const expected = emitted.map((_, index) => `${index}`);
    for (const client of clients) {
      expect((await client.take(300)).map(contentOf)).toEqual(expected);
    }
    expect(settled).toEqual(emitted.map((_, index) => index));
    expect(seqs).toEqual(seqs.map((_, index) => seqs[0]! + index));
  });

  it('keeps the order across turns, while batches are under way', async () => {
    const host = await start();
    const reader = await connect(host.url, tokenOf('reader'));
    const emitted: Promise<unknown>[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      for (let index = 0; index < 10; index += 1) {
        emitted.push(
          host.live.message(
            messageRow('reader', { recipient_type: 'USER', content: `${turn * 10 + index}` }),
          ),
        );
      }
      await (turn % 2 ? new Promise(setImmediate) : Promise.resolve());
    }
    await Promise.all(emitted);
    expect((await reader.take(200)).map(contentOf)).toEqual(emitted.map((_, index) => `${index}`));
  });

  it('resolves a cursor that grows with every durable event, is URL-safe and short', async () => {
    const host = await start();
    const first = await host.live.message(messageRow('x'));
    const second = await host.live.updateStatus();
    const third = await host.memberships.changed('x');
    const fourth = await host.live.disconnect({ userId: 'x' });
    const cursors = [first, second, third, fourth].map(({ cursor }) => cursor);
    for (const cursor of cursors) expect(cursor).toMatch(/^[\w-]{1,64}$/);
    expect(cursors.map(seqOf)).toEqual([0, 1, 2, 3].map((step) => seqOf(first.cursor) + step));
    expect(new Set(cursors.map((cursor) => cursor.split('-')[0])).size).toBe(1);
  });

  it('resolves typing with the place it stands behind, which is nobody’s own', async () => {
    const host = await start();
    const before = await host.live.message(messageRow('x'));
    const typing = await host.live.typing({ recipient_type: 'CHANNEL', reference_id: 'x', user_id: 'ann' });
    const after = await host.live.message(messageRow('x'));
    expect(typing.cursor).toBe(before.cursor);
    expect(seqOf(after.cursor)).toBe(seqOf(before.cursor) + 1);
  });
});

describe('audiences', () => {
  it('bring a USER event to the recipient and the author on all their devices, and to nobody else', async () => {
    const host = await start();
    const [ann1, ann2] = [await connect(host.url, tokenOf('ann')), await connect(host.url, tokenOf('ann'))];
    const [ben1, ben2] = [await connect(host.url, tokenOf('ben')), await connect(host.url, tokenOf('ben'))];
    const cid = await connect(host.url, tokenOf('cid'));
    const row = messageRow('ann', { recipient_type: 'USER', user_id: 'ben' });

    await host.live.message(row);
    await host.live.messageEdited(row);
    await host.live.messageDeleted(row);
    for (const client of [ann1, ann2, ben1, ben2]) {
      const types = (await client.take(3)).map(
        (frame) => (JSON.parse(frame) as MessageRow & { message_type: string }).message_type,
      );
      expect(types).toEqual(['MESSAGE', 'EDIT_MESSAGE', 'DELETE_MESSAGE']);
    }
    await host.live.typing({ recipient_type: 'USER', reference_id: 'ann', user_id: 'ben' });
    for (const client of [ann1, ann2])
      expect(await client.nextEvent()).toMatchObject({ message_type: 'TYPING' });

    expect(await seenBy(host, 'ben', ben1, ben2)).toEqual([[], []]);
    expect(await seenBy(host, 'ann', ann1, ann2)).toEqual([[], []]);
    expect(await seen(host, 'cid', cid)).toEqual([]);
  });

  it('bring a note to oneself once', async () => {
    const host = await start();
    const ann = await connect(host.url, tokenOf('ann'));
    await host.live.message(messageRow('ann', { recipient_type: 'USER', user_id: 'ann' }));
    expect(await seen(host, 'ann', ann)).toHaveLength(1);
  });

  it('bring a topic’s event to its members only, the author among them only when he is one', async () => {
    const host = await start();
    host.source.put('ann', topic('CHANNEL', 'one'));
    host.source.put('ben', topic('CHANNEL', 'two'), topic('THREAD', 'one'));
    const ann = await connect(host.url, tokenOf('ann'));
    const ben = await connect(host.url, tokenOf('ben'));
    await host.live.message(messageRow('one', { user_id: 'ben', content: 'to the channel' }));
    await host.live.message(messageRow('one', { recipient_type: 'THREAD', content: 'to the thread' }));
    expect(await seen(host, 'ann', ann)).toEqual(['to the channel']);
    expect(await seen(host, 'ben', ben)).toEqual(['to the thread']);
  });

  it('can be named: a topic, users, everyone, each with exceptions', async () => {
    const host = await start();
    const users = ['ann', 'ben', 'cid'];
    host.source.put('ann', topic('CHANNEL', 'one'));
    host.source.put('ben', topic('CHANNEL', 'one'), topic('CHANNEL', 'two'));
    const clients = new Map<string, TestClient>();
    for (const user of users) clients.set(user, await connect(host.url, tokenOf(user)));
    const audiences: Record<string, ReturnType<typeof toEveryone>> = {
      'the topic’s': toTopic('CHANNEL', 'one'),
      'the topic’s but ann’s': toTopic('CHANNEL', 'one').except(['ann']),
      'ann’s alone': toUsers('ann'),
      'ann’s and cid’s, once each': toUsers(new Set(['ann', 'cid', 'ann', 'absent'])),
      'cid’s': toUsers(['ann', 'ben', 'cid']).except('ann').except(['ben']),
      'the user topic’s': toTopic('USER', 'cid'),
      'nobody’s': toUsers([]),
      'everyone’s': toEveryone(),
      'everyone’s but cid’s': toEveryone().except(new Set(['cid', 'absent'])),
    };
    for (const [content, to] of Object.entries(audiences)) {
      await host.live.message(messageRow('two', { content, user_id: 'ben' }), { to });
    }
    const contents: Record<string, string[]> = {};
    for (const [user, client] of clients) {
      contents[user] = await seen(host, user, client);
    }
    expect(contents).toEqual({
      ann: ['the topic’s', 'ann’s alone', 'ann’s and cid’s, once each', 'everyone’s', 'everyone’s but cid’s'],
      ben: ['the topic’s', 'the topic’s but ann’s', 'everyone’s', 'everyone’s but cid’s'],
      cid: ['ann’s and cid’s, once each', 'cid’s', 'the user topic’s', 'everyone’s'],
    });
  });

  it('do not change by what happens to the list they were made from, or to the one they were derived from', async () => {
    const host = await start();
    const [ann, ben] = [await connect(host.url, tokenOf('ann')), await connect(host.url, tokenOf('ben'))];
    const ids = ['ann'];
    const to = toUsers(ids);
    ids.push('ben');
    to.except(['ann']);
    await host.live.message(messageRow('x', { content: 'to ann' }), { to });
    expect(await seen(host, 'ann', ann)).toEqual(['to ann']);
    expect(await seen(host, 'ben', ben)).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ['null', () => null],
    ['a string', () => 'CHANNEL:one'],
    ['a list of ids', () => ['ann']],
    ['an object of the same shape', () => ({ target: { kind: 'everyone' }, excepted: new Set() })],
    ['a copy', () => ({ ...toEveryone() })],
    ['what came back from JSON', () => JSON.parse(JSON.stringify(toEveryone())) as unknown],
    ['an audience’s prototype', () => Object.create(AudienceClass.prototype) as unknown],
    [
      'an object with that prototype',
      () => Object.setPrototypeOf({ ...toEveryone() }, AudienceClass.prototype) as unknown,
    ],
    ['one made with new', () => new AudienceClass({ kind: 'users', userIds: ['ann'] })],
    ['one made with new, of rubbish', () => new AudienceClass({ kind: 'users' })],
  ])('are refused when they come from elsewhere: %s', async (_, make) => {
    const host = await start();
    const ann = await connect(host.url, tokenOf('ann'));
    let to: unknown;
    try {
      to = make();
    } catch (error) {
      // One that can't even be made is refused there.
      return expect(error).toBeInstanceOf(TypeError);
    }
    const refusal = await refusalOf(
      host.live.message(messageRow('ann'), { to: to as ReturnType<typeof toEveryone> }),
    );
    expect(refusal).toBeInstanceOf(InvalidEventError);
    expect((refusal as InvalidEventError).issues.map(({ path }) => path)).toEqual(['to']);
    expect(await seen(host, 'ann', ann)).toEqual([]);
  });

  it('say at once which ids and topics are none', () => {
    const bad = [[''], ['x'.repeat(256)], ['\ud800'], [7], [null], [undefined], '', [['ann']]] as string[][];
    for (const ids of bad) {
      expect(() => toUsers(ids)).toThrow(TypeError);
      expect(() => toEveryone().except(ids)).toThrow(TypeError);
    }
    for (const [type, id] of [
      ['', 'x'],
      ['A'.repeat(65), 'x'],
      ['A', ''],
      ['A', 'x'.repeat(256)],
      ['A', '\ud800'],
      ['A', 7],
      [7, 'x'],
    ]) {
      expect(() => toTopic(type as string, id as string)).toThrow(TypeError);
    }
    expect(() => toUsers(7 as never)).toThrow(TypeError);
  });

  it('know no recipient type with a colon: two topics would have one key', () => {
    expect(() => toTopic('A:B', 'x')).toThrow(TypeError);
    expect(() => topic('USER:ann', 'x')).toThrow(TypeError);
    expect(toTopic('A', 'B:x').target).toEqual({ kind: 'topic', topic: 'A:B:x' });
  });

  it.each(['actor', 'idempotencyKey'] as const)(
    'go with an %s that is a string of 1 to 255 characters',
    async (path) => {
      const host = await start();
      for (const value of ['', 'x'.repeat(256), '\ud800', 7, null, {}]) {
        const refusal = await refusalOf(host.live.updateStatus({ [path]: value }));
        expect(refusal).toBeInstanceOf(InvalidEventError);
        expect((refusal as InvalidEventError).issues).toMatchObject([{ path }]);
      }
      await expect(host.live.updateStatus({ [path]: 'x'.repeat(255) })).resolves.toHaveProperty('cursor');
    },
  );
});

describe('memberships that are not there', () => {
  it('refuse a topic’s event with an error that names both ways out', async () => {
    const host = await start({ withMemberships: false });
    const refusal = await refusalOf(host.live.message(messageRow('one')));
    expect(refusal).toBeInstanceOf(MissingMembershipsError);
    expect((refusal as Error).message).toContain('`memberships`');
    expect((refusal as Error).message).toContain('topicsOf(userId)');
    expect((refusal as Error).message).toContain('toUsers(userIds)');
    for (const to of [toTopic('CHANNEL', 'one'), toTopic('THREAD', 'one').except(['ann'])]) {
      await expect(host.live.updateStatus({ to })).rejects.toBeInstanceOf(MissingMembershipsError);
    }
    const typing = { recipient_type: 'CHANNEL', reference_id: 'one', user_id: 'ann' };
    await expect(host.live.typing(typing)).rejects.toBeInstanceOf(MissingMembershipsError);
  });

  it('leave everything else as it is', async () => {
    const host = await start({ withMemberships: false });
    const ann = await connect(host.url, tokenOf('ann'));
    await host.live.message(messageRow('ann', { recipient_type: 'USER', content: 'to the user' }));
    await host.live.message(messageRow('one', { content: 'to users' }), { to: toUsers(['ann']) });
    await host.live.message(messageRow('one', { content: 'to the user’s topic' }), {
      to: toTopic('USER', 'ann'),
    });
    await host.live.message(messageRow('one', { content: 'to everyone' }), { to: toEveryone() });
    const contents = await seen(host, 'ann', ann);
    expect(contents).toEqual(['to the user', 'to users', 'to the user’s topic', 'to everyone']);
  });
});

describe('an idempotencyKey', () => {
  it('makes a second emit the first one: one delivery, the same cursor', async () => {
    const host = await start();
    const ann = await connect(host.url, tokenOf('ann'));
    const row = messageRow('ann', { recipient_type: 'USER', content: 'first' });
    const again = { ...row, content: 'second' };
    const options = { idempotencyKey: 'key' };
    const [first, atOnce] = await Promise.all([
      host.live.message(row, options),
      host.live.message(again, options),
    ]);
    const between = await host.live.message({ ...row, content: 'between' });
    const later = await host.live.message(again, options);
    expect(atOnce.cursor).toBe(first.cursor);
    expect(later.cursor).toBe(first.cursor);
    expect(seqOf(between.cursor)).toBeGreaterThan(seqOf(first.cursor));
    expect(await seen(host, 'ann', ann)).toEqual(['first', 'between']);
  });

  it('keeps events with other keys, and without one, apart', async () => {
    const host = await start();
    const ann = await connect(host.url, tokenOf('ann'));
    const row = messageRow('ann', { recipient_type: 'USER' });
    await host.live.message({ ...row, content: 'a' }, { idempotencyKey: 'a' });
    await host.live.message({ ...row, content: 'A' }, { idempotencyKey: 'A' });
    await host.live.message({ ...row, content: 'none' });
    await host.live.message({ ...row, content: 'none' });
    expect(await seen(host, 'ann', ann)).toEqual(['a', 'A', 'none', 'none']);
  });

  it('is free again after an event that was not valid', async () => {
    const host = await start();
    const ann = await connect(host.url, tokenOf('ann'));
    const row = messageRow('ann', { recipient_type: 'USER' });
    const options = { idempotencyKey: 'key' };
    await expect(host.live.message({ ...row, id: '' }, options)).rejects.toBeInstanceOf(InvalidEventError);
    await host.live.message(row, options);
    expect(await seen(host, 'ann', ann)).toHaveLength(1);
  });
});

describe('the life of the application', () => {
  it('accepts an event before listen(), when nobody is connected yet', async () => {
    let early: Promise<{ cursor: string }> | undefined;
    const host = await start({
      prepare: (app) => {
        early = app
          .get(LiveEventsService)
          .message(messageRow('ann', { recipient_type: 'USER', content: 'early' }));
      },
    });
    const { cursor } = await early!;
    const ann = await connect(host.url, tokenOf('ann'));
    const { cursor: next } = await host.live.message(
      messageRow('ann', { recipient_type: 'USER', content: 'late' }),
    );
    expect(seqOf(next)).toBe(seqOf(cursor) + 1);
    expect(await seen(host, 'ann', ann)).toEqual(['late']);
  });

  it('refuses an event after close(), certainly not in the log', async () => {
    const host = await startHost();
    await host.live.message(messageRow('one'));
    await host.close();
    const late = [
      host.live.message(messageRow('one')),
      host.live.typing({ recipient_type: 'CHANNEL', reference_id: 'one', user_id: 'ann' }),
      host.live.updateStatus(),
      host.live.disconnect({ userId: 'ann' }),
      host.memberships.changed('ann'),
    ];
    for (const attempt of late) {
      const refusal = await refusalOf(attempt);
      expect(refusal).toBeInstanceOf(LogUnavailableError);
      expect(refusal).toMatchObject({ outcome: 'refused' });
    }
  });

  it('settles every emit that close() overtakes', async () => {
    const host = await startHost();
    const emitted = Array.from({ length: 50 }, () => host.live.message(messageRow('one')));
    await host.close();
    for (const outcome of await Promise.allSettled(emitted)) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LogUnavailableError);
    }
  });

  it('emits from a worker without an HTTP server into a log that others follow', async () => {
    const log = new MemoryEventLog();
    const host = await start({ options: { log } });
    @Module({
      imports: [LiveMessagesModule.forRoot({ jwt: { secret: SECRET, algorithms: ['HS256'] }, log })],
    })
    class Worker {}
    const worker = await NestFactory.createApplicationContext(Worker, { logger: false });
    const ann = await connect(host.url, tokenOf('ann'));
    await worker
      .get(LiveEventsService)
      .message(messageRow('ann', { recipient_type: 'USER', content: 'from afar' }));
    expect(await seen(host, 'ann', ann)).toEqual(['from afar']);
    await worker.close();
  });

  it('refuses a target of disconnect that is none with a TypeError', async () => {
    const host = await start();
    const day = new Date(Date.now() + 86_400_000);
    const bad: unknown[] = [
      undefined,
      null,
      'ann',
      {},
      { userId: '' },
      { userId: 'x'.repeat(256) },
      { userId: '\ud800' },
      { userId: 7 },
      { tokenId: '' },
      { tokenId: 'a', userId: 'ann' },
      { tokenId: 'a', until: 'tomorrow' },
      { tokenId: 'a', until: new Date(Number.NaN) },
      { userId: 'ann', until: day },
      { userId: 'ann', issuedBefore: 'now' },
      { userId: 'ann', issuedBefore: new Date(Number.NaN) },
    ];
    const accepted: unknown[] = [];
    for (const target of bad) {
      const refusal = await refusalOf(host.live.disconnect(target as never)).catch(() => undefined);
      if (!(refusal instanceof TypeError)) accepted.push(target);
    }
    expect(accepted).toEqual([]);
  });
});

function contentOf(frame: string): string {
  return (JSON.parse(frame) as MessageRow).content;
}

function seqOf(cursor: string): number {
  return Number(cursor.split('-')[1]);
}

/** What a promise rejects with; that it resolves is the failure. */
async function refusalOf(attempt: Promise<unknown>): Promise<unknown> {
  try {
    await attempt;
  } catch (error) {
    return error;
  }
  throw new Error('it was accepted');
}
