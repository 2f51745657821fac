import type { AddressInfo } from 'node:net';
import { JwtService } from '@nestjs/jwt';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { ConnectionRegistry, LiveEventsService, PresenceService } from 'nestjs-live-messages';
import request from 'supertest';
import WebSocket from 'ws';
import { AppModule } from '../example/src/app.module';
import { configureApp } from '../example/src/configure-app';
import { Database } from '../example/src/database/database';

const SECRET = 'a secret of the tests, long enough for HS256';
const NOBODY = '00000000-0000-4000-8000-000000000000';
const ROW_KEYS = [
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
const WIRE_DATE = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{6}$/;

interface Person {
  readonly id: string;
  readonly token: string;
}

interface ListedChannel {
  readonly id: string;
  readonly name: string;
  readonly member: boolean;
  readonly unread: readonly string[];
}

interface Member {
  readonly id: string;
  readonly username: string;
  readonly online: boolean;
}

interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly content: string;
  readonly date_created: string;
  readonly date_updated: string;
  readonly message_type: string;
  readonly reference_id: string;
  readonly deleted: boolean;
}

type Frame = Record<string, unknown>;
type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One open page of a user: keeps every frame, so that none is missed between two waits. */
class Tab {
  readonly frames: Frame[] = [];
  private readonly waiting = new Set<() => void>();

  /** Resolves when the connection is closed. */
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(private readonly socket: WebSocket) {
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as unknown;
      if (typeof frame === 'object') this.frames.push(frame as Frame);
      for (const look of this.waiting) look();
    });
  }

  /** @param resume the cursor from which it goes live; without it, from now on, as a plain connection */
  static open(port: number, token: string, resume?: string): Promise<Tab> {
    return new Promise((resolve, reject) => {
      const from = resume === undefined ? '' : `&resume=${resume}`;
      const socket = new WebSocket(`ws://127.0.0.1:${port}/ws?token=${token}${from}`);
      const tab = new Tab(socket);
      socket.once('message', () => resolve(tab));
      socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
      socket.once('error', reject);
    });
  }

  /** The first frame with these fields, now or later. */
  async sees(fields: Frame): Promise<Frame> {
    const find = () =>
      this.frames.find((frame) => Object.entries(fields).every(([key, value]) => frame[key] === value));
    for (let frame = find(); ; frame = find()) {
      if (frame) return frame;
      await new Promise<void>((resolve) => {
        const look = () => (this.waiting.delete(look), resolve());
        this.waiting.add(look);
      });
    }
  }

  /** Reads nothing more, so that it does not notice when it is closed. */
  sleep(): void {
    this.socket.pause();
  }

  async close(): Promise<void> {
    this.socket.resume();
    this.socket.close();
    await this.closed;
  }
}

describe('the example', () => {
  let app: NestExpressApplication;
  let port: number;
  const tabs: Tab[] = [];

  beforeAll(async () => {
    process.env.JWT_SECRET = SECRET;
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication<NestExpressApplication>();
    configureApp(app);
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as AddressInfo).port;
  }, 120_000);

  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(tabs.splice(0).map((tab) => tab.close()));
  });

  afterAll(() => app?.close());

  function call(method: Method, path: string, who?: Person | string): request.Test {
    const token = typeof who === 'string' ? who : who?.token;
    const sent = request(`http://127.0.0.1:${port}`)[method](path);
    return token === undefined ? sent : sent.set('Authorization', `Bearer ${token}`);
  }

  async function bodyOf<T>(answer: request.Test): Promise<T> {
    return (await answer).body as T;
  }

  async function person(name: string): Promise<Person> {
    const answer = call('post', '/auth/token').send({ username: name }).expect(201);
    const { token, user_id: id } = await bodyOf<{ token: string; user_id: string }>(answer);
    return { id, token };
  }

  async function channel(maker: Person, ...others: Person[]): Promise<string> {
    const made = call('post', '/channels', maker).send({ name: 'General' }).expect(201);
    const { id } = await bodyOf<{ id: string }>(made);
    for (const other of others) await call('put', `/channels/${id}/members/${other.id}`, other).expect(204);
    return id;
  }

  function post(channelId: string, author: Person, content: string): Promise<Row> {
    return bodyOf(call('post', `/channels/${channelId}/messages`, author).send({ content }).expect(201));
  }

  function messagesOf(channelId: string, who: Person, query = ''): Promise<Row[]> {
    return bodyOf(call('get', `/channels/${channelId}/messages${query}`, who).expect(200));
  }

  function channelsOf(who: Person): Promise<ListedChannel[]> {
    return bodyOf(call('get', '/channels', who).expect(200));
  }

  async function unreadOf(channelId: string, who: Person): Promise<readonly string[]> {
    return (await channelsOf(who)).find(({ id }) => id === channelId)!.unread;
  }

  function read(channelId: string, who: Person, messageId: string | undefined): request.Test {
    return call('put', `/channels/${channelId}/read`, who).send({ message_id: messageId });
  }

  function membersOf(channelId: string, who: Person): Promise<Member[]> {
    return bodyOf(call('get', `/channels/${channelId}/members`, who).expect(200));
  }

  async function tabOf(who: Person, resume?: string): Promise<Tab> {
    const tab = await Tab.open(port, who.token, resume);
    tabs.push(tab);
    return tab;
  }

  describe('tokens', () => {
    it('gives a token of one hour for a name', async () => {
      const { id, token } = await person('Ana');
      const claims = new JwtService().verify<{ sub: string; iat: number; exp: number }>(token, {
        secret: SECRET,
        algorithms: ['HS256'],
      });
      expect(claims.sub).toBe(id);
      expect(claims.exp - claims.iat).toBe(3_600);
    });

    it('knows a name again, whatever its case and the space around it', async () => {
      const first = await person('Bruno');
      const second = await person('  bruno ');
      expect(second.id).toBe(first.id);
      expect(await bodyOf(call('get', '/users', first).expect(200))).toContainEqual({
        id: first.id,
        username: 'Bruno',
      });
    });

    it('makes one user of a name that comes many times at once', async () => {
      const people = await Promise.all(Array.from({ length: 5 }, () => person('Everybody')));
      expect(new Set(people.map(({ id }) => id)).size).toBe(1);
    });

    it.each([
      ['a missing name', {}],
      ['an empty name', { username: '' }],
      ['a blank name', { username: '   ' }],
      ['a name of 41 characters', { username: 'x'.repeat(41) }],
      ['a name that is a number', { username: 7 }],
      ['a name that is a list', { username: ['Ana'] }],
      ['a name with a NUL', { username: 'A\0na' }],
      ['a field that is not known', { username: 'Ana', admin: true }],
    ])('answers 400 to %s', async (_, body) => {
      await call('post', '/auth/token').send(body).expect(400);
    });

    it('takes a name of 40 characters, also of those that take two code units', async () => {
      await call('post', '/auth/token')
        .send({ username: '🙂'.repeat(40) })
        .expect(201);
    });

    it.each([
      ['no token', undefined],
      ['something that is no token', 'rubbish'],
      ['a token with another key', new JwtService().sign({}, { subject: NOBODY, secret: 'another' })],
      ['an expired token', new JwtService().sign({}, { subject: NOBODY, secret: SECRET, expiresIn: -1 })],
      ['a token without a user', new JwtService().sign({}, { secret: SECRET })],
      [
        'a token of a user who does not exist',
        new JwtService().sign({}, { subject: NOBODY, secret: SECRET }),
      ],
      ['a token whose user is no UUID', new JwtService().sign({}, { subject: 'root', secret: SECRET })],
      ['a token without a signature', `${btoa('{"alg":"none"}')}.${btoa(`{"sub":"${NOBODY}"}`)}.`],
    ])('answers 401 to %s', async (_, token) => {
      await call('get', '/channels', token).expect(401);
    });
  });

  describe('channels', () => {
    it('makes a channel whose maker is in it, and lists it to everyone', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const answer = call('post', '/channels', ana).send({ name: '  Garden ' }).expect(201);
      const made = await bodyOf<{ id: string }>(answer);
      const { id } = made;
      expect(made).toEqual({ id, name: 'Garden' });
      const listed = (who: Person) => bodyOf(call('get', '/channels', who).expect(200));
      expect(await listed(ana)).toContainEqual({ id, name: 'Garden', member: true, unread: [] });
      expect(await listed(bruno)).toContainEqual({ id, name: 'Garden', member: false, unread: [] });
    });

    it.each([
      [{}],
      [{ name: ' ' }],
      [{ name: 'x'.repeat(61) }],
      [{ name: null }],
      [{ name: 'a', id: NOBODY }],
    ])('answers 400 to %j', async (body) => {
      await call('post', '/channels', await person('Ana'))
        .send(body)
        .expect(400);
    });

    it('lets a user join, again without harm, and bring others once in', async () => {
      const [ana, bruno, carla] = [await person('Ana'), await person('Bruno'), await person('Carla')];
      const id = await channel(ana);
      await call('put', `/channels/${id}/members/${carla.id}`, bruno).expect(403);
      await call('put', `/channels/${id}/members/${bruno.id}`, bruno).expect(204);
      await call('put', `/channels/${id}/members/${bruno.id}`, bruno).expect(204);
      await call('put', `/channels/${id}/members/${carla.id}`, bruno).expect(204);
      await messagesOf(id, carla);
    });

    it('lets a user leave, and only the maker remove others', async () => {
      const [ana, bruno, carla] = [await person('Ana'), await person('Bruno'), await person('Carla')];
      const id = await channel(ana, bruno, carla);
      await call('delete', `/channels/${id}/members/${carla.id}`, bruno).expect(403);
      await call('delete', `/channels/${id}/members/${bruno.id}`, bruno).expect(204);
      await call('delete', `/channels/${id}/members/${carla.id}`, ana).expect(204);
      for (const gone of [bruno, carla]) await call('get', `/channels/${id}/messages`, gone).expect(403);
    });

    it('answers 404 to a channel or a user that is not there, 400 to an id that is none', async () => {
      const ana = await person('Ana');
      const id = await channel(ana);
      await call('put', `/channels/${NOBODY}/members/${ana.id}`, ana).expect(404);
      await call('delete', `/channels/${NOBODY}/members/${ana.id}`, ana).expect(404);
      await call('put', `/channels/${id}/members/${NOBODY}`, ana).expect(404);
      await call('put', `/channels/general/members/${ana.id}`, ana).expect(400);
      await call('delete', `/channels/${id}/members/me`, ana).expect(400);
    });
  });

  describe('the lobby', () => {
    it('is there from the start, before all others, and has everyone in it who comes', async () => {
      const newcomer = await person('Newcomer');
      const [lobby] = await channelsOf(newcomer);
      expect(lobby).toMatchObject({ name: 'Lobby', member: true, unread: [] });
      await messagesOf(lobby!.id, newcomer);
    });

    it('lets one leave, and stay away, and come back', async () => {
      const guest = await person('Guest');
      const { id } = (await channelsOf(guest))[0]!;
      await call('delete', `/channels/${id}/members/${guest.id}`, guest).expect(204);
      expect((await channelsOf(await person('Guest')))[0]).toMatchObject({ id, member: false });
      await call('put', `/channels/${id}/members/${guest.id}`, guest).expect(204);
      expect((await channelsOf(guest))[0]).toMatchObject({ id, member: true });
    });

    it('belongs to nobody, who could put others out', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const { id } = (await channelsOf(ana))[0]!;
      await call('delete', `/channels/${id}/members/${bruno.id}`, ana).expect(403);
    });
  });

  describe('reading', () => {
    it('lists to each member what others wrote since he has read, or joined', async () => {
      const [ana, bruno, carla] = [await person('Ana'), await person('Bruno'), await person('Carla')];
      const id = await channel(ana, bruno);
      const first = await post(id, ana, 'one');
      const second = await post(id, ana, 'two');
      await call('put', `/channels/${id}/members/${carla.id}`, carla).expect(204);
      const third = await post(id, bruno, 'three');
      expect(await unreadOf(id, ana)).toEqual([third.id]);
      expect(await unreadOf(id, bruno)).toEqual([first.id, second.id]);
      expect(await unreadOf(id, carla)).toEqual([third.id]);
      expect(await unreadOf(id, await person('Dmitri'))).toEqual([]);
      await call('delete', `/messages/${second.id}`, ana).expect(200);
      expect(await unreadOf(id, bruno)).toEqual([first.id]);
    });

    it('takes a channel for read up to a message, and never for less again', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const id = await channel(ana, bruno);
      const rows = [await post(id, ana, 'one'), await post(id, ana, 'two'), await post(id, ana, 'three')];
      const [first, second, third] = rows.map((row) => row.id);
      await read(id, bruno, second).expect(204);
      expect(await unreadOf(id, bruno)).toEqual([third]);
      await read(id, bruno, first).expect(204);
      expect(await unreadOf(id, bruno)).toEqual([third]);
      await read(id, bruno, third).expect(204);
      expect(await unreadOf(id, bruno)).toEqual([]);
    });

    it('lists no more than the last hundred', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const id = await channel(ana, bruno);
      await app.get(Database).query(
        `insert into messages (channel_id, user_id, content, date_created)
         select $1, $2, n::text, timestamp '2999-01-01' + n * interval '1 second' from generate_series(1, 120) n`,
        [id, ana.id],
      );
      const unread = await unreadOf(id, bruno);
      expect(unread).toHaveLength(100);
      expect(unread.slice(-50)).toEqual((await messagesOf(id, bruno)).map((row) => row.id));
    });

    it('answers 403 to who is not in the channel, 404 to a message of another one, 400 to none', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const [here, there] = [await channel(ana), await channel(ana, bruno)];
      const row = await post(here, ana, 'hi');
      await read(here, bruno, row.id).expect(403);
      await read(there, bruno, row.id).expect(404);
      await read(NOBODY, bruno, row.id).expect(404);
      await read(there, bruno, 'latest').expect(400);
      await read(there, bruno, undefined).expect(400);
    });
  });

  describe('presence', () => {
    it('lists the members of a channel by name, with who is online', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const id = await channel(bruno, ana);
      await tabOf(ana);
      expect(await membersOf(id, bruno)).toEqual([
        { id: ana.id, username: 'Ana', online: true },
        { id: bruno.id, username: 'Bruno', online: expect.any(Boolean) as boolean },
      ]);
      await call('get', `/channels/${id}/members`, await person('Carla')).expect(403);
      await call('get', `/channels/${NOBODY}/members`, ana).expect(404);
      await call('get', '/channels/general/members', ana).expect(400);
    });

    it('tells every page who has come, and after a while whose last connection has gone', async () => {
      const [ana, dora, zoe] = [await person('Ana'), await person('Dora'), await person('Zoe')];
      const id = await channel(ana, dora, zoe);
      const tab = await tabOf(ana);
      const isOnline = async (who: Person) =>
        (await membersOf(id, ana)).find((member) => member.id === who.id)?.online;
      // As a page does: it fetches again when it is told to, whoever it was about.
      const shows = async (who: Person, online: boolean) => {
        for (; (await isOnline(who)) !== online; tab.frames.length = 0) {
          await tab.sees({ message_type: 'UPDATE_USERS' });
        }
      };
      await shows(dora, false);
      const [first] = [await tabOf(dora), await tabOf(dora)];
      const last = await tabOf(zoe);
      await shows(dora, true);
      await shows(zoe, true);
      await first.close();
      await last.close();
      expect(await isOnline(zoe)).toBe(true);
      await shows(zoe, false);
      expect(await isOnline(dora)).toBe(true);
    }, 20_000);

    it('says nothing of who comes back at once, or comes twice', async () => {
      const [ana, emil] = [await person('Ana'), await person('Emil')];
      const id = await channel(ana, emil);
      const first = await tabOf(emil);
      const announced: string[] = [];
      app.get(PresenceService).onChange(({ userId }) => announced.push(userId));
      const gone = new Promise<void>((resolve) => app.get(ConnectionRegistry).onDisconnect(() => resolve()));
      await first.close();
      await gone;
      await tabOf(emil);
      await tabOf(emil);
      expect((await membersOf(id, ana)).find((member) => member.id === emil.id)?.online).toBe(true);
      expect(announced).not.toContain(emil.id);
    });
  });

  describe('messages', () => {
    it('answers a new message with a row in the form of the wire', async () => {
      const ana = await person('Ana');
      const id = await channel(ana);
      const row = await post(id, ana, 'hello');
      expect(Object.keys(row)).toEqual(ROW_KEYS);
      expect(row).toMatchObject({
        user_id: ana.id,
        content: 'hello',
        message_type: 'MESSAGE',
        recipient_type: 'CHANNEL',
        reference_id: id,
        deleted: false,
      });
      expect(row.date_created).toMatch(WIRE_DATE);
      expect(Math.abs(Date.parse(`${row.date_created.replace(' ', 'T')}Z`) - Date.now())).toBeLessThan(
        60_000,
      );
      expect(row.date_updated).toBe(row.date_created);
      expect(await messagesOf(id, ana)).toEqual([row]);
    });

    it('lists the last fifty, oldest first, and what came before a message', async () => {
      const ana = await person('Ana');
      const id = await channel(ana);
      await app.get(Database).query(
        `insert into messages (channel_id, user_id, content, date_created)
         select $1, $2, n::text, timestamp '2024-09-09 14:06:11' + n * interval '1 microsecond'
         from generate_series(1, 60) n`,
        [id, ana.id],
      );
      const last = await messagesOf(id, ana);
      expect(last.map((row) => Number(row.content))).toEqual(Array.from({ length: 50 }, (_, i) => i + 11));
      expect(last[0]?.date_created).toBe('2024-09-09 14:06:11.000011');
      const earlier = await messagesOf(id, ana, `?before=${last[0]?.id}`);
      expect(earlier.map((row) => Number(row.content))).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
      await call('get', `/channels/${id}/messages?before=yesterday`, ana).expect(400);
      await call('get', `/channels/${id}/messages?limit=9000`, ana).expect(400);
    });

    it('edits and deletes a message of its author, each time with a later date', async () => {
      const ana = await person('Ana');
      const id = await channel(ana);
      const row = await post(id, ana, 'helo');
      const path = `/messages/${row.id}`;
      const edited = await bodyOf<Row>(call('patch', path, ana).send({ content: 'hello' }).expect(200));
      expect(edited).toEqual({
        ...row,
        content: 'hello',
        message_type: 'EDIT_MESSAGE',
        date_updated: edited.date_updated,
      });
      const deleted = await bodyOf<Row>(call('delete', path, ana).expect(200));
      expect(deleted).toMatchObject({ id: row.id, message_type: 'DELETE_MESSAGE', deleted: true });
      expect(edited.date_updated > row.date_updated).toBe(true);
      expect(deleted.date_updated > edited.date_updated).toBe(true);
      expect(await messagesOf(id, ana)).toEqual([{ ...deleted, content: '' }]);
      await call('patch', path, ana).send({ content: 'again' }).expect(404);
      await call('delete', path, ana).expect(404);
    });

    it('lets nobody but its author change a message, and the author only while in the channel', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const id = await channel(ana, bruno);
      const path = `/messages/${(await post(id, bruno, 'mine')).id}`;
      await call('patch', path, ana).send({ content: 'yours' }).expect(403);
      await call('delete', path, ana).expect(403);
      await call('delete', `/channels/${id}/members/${bruno.id}`, ana).expect(204);
      await call('patch', path, bruno).send({ content: 'from outside' }).expect(403);
      await call('delete', path, bruno).expect(403);
      expect((await messagesOf(id, ana))[0]?.content).toBe('mine');
    });

    it('lets nobody read, write or type in a channel without being in it', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      for (const [id, status] of [
        [await channel(ana), 403],
        [NOBODY, 404],
        ['general', 400],
      ] as const) {
        await call('get', `/channels/${id}/messages`, bruno).expect(status);
        await call('post', `/channels/${id}/messages`, bruno).send({ content: 'hi' }).expect(status);
        await call('post', `/channels/${id}/typing`, bruno).expect(status);
      }
      await call('patch', `/messages/${NOBODY}`, bruno).send({ content: 'hi' }).expect(404);
      await call('delete', '/messages/1', bruno).expect(400);
    });

    it.each([
      ['a missing content', {}],
      ['an empty content', { content: '' }],
      ['a blank content', { content: ' \n ' }],
      ['a content of 4001 characters', { content: 'x'.repeat(4_001) }],
      ['a content that is an object', { content: { text: 'hi' } }],
      ['a content with a NUL', { content: 'a\0b' }],
      ['a field that is not known', { content: 'hi', user_id: NOBODY }],
    ])('answers 400 to %s', async (_, body) => {
      const ana = await person('Ana');
      const id = await channel(ana);
      await call('post', `/channels/${id}/messages`, ana).send(body).expect(400);
      const { id: messageId } = await post(id, ana, 'hi');
      await call('patch', `/messages/${messageId}`, ana).send(body).expect(400);
    });

    it('keeps what was written, to the last character', async () => {
      const ana = await person('Ana');
      const id = await channel(ana);
      const content = ` <b>"O'Neil"</b> \\ $1 🙂\n${'é'.repeat(3_970)} `;
      expect((await post(id, ana, content)).content).toBe(content);
      expect((await messagesOf(id, ana))[0]?.content).toBe(content);
    });
  });

  describe('live', () => {
    it('brings messages, edits, deletions and typing to another member', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const id = await channel(ana, bruno);
      const tab = await tabOf(bruno);
      await call('post', `/channels/${id}/typing`, ana).expect(204);
      const typing = await tab.sees({ message_type: 'TYPING' });
      expect(typing).toEqual({
        message_type: 'TYPING',
        recipient_type: 'CHANNEL',
        reference_id: id,
        user_id: ana.id,
      });
      const row = await post(id, ana, 'helo');
      expect(await tab.sees({ message_type: 'MESSAGE', id: row.id })).toEqual(row);
      const edited = await call('patch', `/messages/${row.id}`, ana).send({ content: 'hello' }).expect(200);
      expect(await tab.sees({ message_type: 'EDIT_MESSAGE', id: row.id })).toEqual(edited.body);
      const deleted = await call('delete', `/messages/${row.id}`, ana).expect(200);
      const live = await tab.sees({ message_type: 'DELETE_MESSAGE', id: row.id });
      expect(live).toEqual(deleted.body);
      expect(Object.keys(live)).toEqual(ROW_KEYS);
    });

    it('brings nothing of a channel to who has left it, whatever the case of the ids', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const [left, kept] = [await channel(ana, bruno), await channel(ana, bruno)];
      const tab = await tabOf(bruno);
      await post(left, ana, 'before');
      await tab.sees({ content: 'before' });
      const member = `/channels/${left.toUpperCase()}/members/${bruno.id.toUpperCase()}`;
      await call('delete', member, bruno).expect(204);
      await post(left, ana, 'after');
      await post(kept, ana, 'still here');
      await tab.sees({ content: 'still here' });
      expect(tab.frames.filter((frame) => frame.content === 'after')).toEqual([]);
    });

    it('brings a channel to the open page of who joins it, and tells the page to fetch', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const id = await channel(ana);
      const tab = await tabOf(bruno);
      await call('put', `/channels/${id}/members/${bruno.id}`, bruno).expect(204);
      await tab.sees({ message_type: 'UPDATE_STATUS' });
      await post(id, ana, 'welcome');
      await tab.sees({ reference_id: id, content: 'welcome' });
    });

    it('tells the members when somebody joins or leaves', async () => {
      const [fay, bruno] = [await person('Fay'), await person('Bruno')];
      const id = await channel(fay);
      const tab = await tabOf(fay);
      await tab.sees({ message_type: 'UPDATE_USERS' });
      for (const method of ['put', 'delete'] as const) {
        tab.frames.length = 0;
        await call(method, `/channels/${id}/members/${bruno.id}`, bruno).expect(204);
        await tab.sees({ message_type: 'UPDATE_USERS' });
      }
    });

    it('tells every page of a new channel and of a new user', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const tab = await tabOf(bruno);
      await person('Somebody new');
      await tab.sees({ message_type: 'UPDATE_USERS' });
      await channel(ana);
      await tab.sees({ message_type: 'UPDATE_STATUS' });
    });

    it('answers as always when an event can not be sent, and logs it without the content', async () => {
      const ana = await person('Ana');
      const id = await channel(ana);
      jest
        .spyOn(app.get(LiveEventsService, { strict: false }), 'message')
        .mockRejectedValue(new Error('no log'));
      const logged: unknown[] = [];
      const keep = (...line: unknown[]) => void logged.push(...line);
      app.useLogger({ log: keep, warn: keep, error: keep });
      const row = await post(id, ana, 'a private word');
      app.useLogger(false);
      expect(await messagesOf(id, ana)).toEqual([row]);
      expect(logged).toContain('Could not announce a new message: no log');
      expect(JSON.stringify(logged)).not.toContain('private');
    });
  });

  describe('from history to live', () => {
    const cursorOf = async (answer: request.Test) => (await answer).headers['x-live-cursor'];

    it('says with the channels and with the messages from where a page goes live', async () => {
      const [ana, bruno] = [await person('Ana'), await person('Bruno')];
      const id = await channel(ana);
      const before = await cursorOf(call('get', '/channels', ana).expect(200));
      const row = await post(id, ana, 'between the two');
      const early = await tabOf(ana, before);
      await early.sees({ id: row.id });
      const after = await cursorOf(call('get', `/channels/${id}/messages`, ana).expect(200));
      const late = await tabOf(ana, after);
      expect(early.frames[0]).toMatchObject({ message_type: 'CONNECTED', resumed: true, cursor: before });
      expect(late.frames[0]).toMatchObject({ message_type: 'CONNECTED', resumed: true, cursor: after });
      const next = await post(id, ana, 'after both');
      await Promise.all([early, late].map((tab) => tab.sees({ id: next.id })));
      const seen = ({ frames }: Tab) =>
        frames.flatMap((frame) => (frame.reference_id === id ? frame.id : []));
      expect([seen(early), seen(late)]).toEqual([[row.id, next.id], [next.id]]);
      expect(await cursorOf(call('get', `/channels/${id}/messages`, bruno).expect(403))).toBeUndefined();
      expect(await cursorOf(call('post', '/channels', ana).send({ name: 'One' }))).toBeUndefined();
    });

    it.each(['/channels', '/channels/:id/messages'])(
      'misses nothing that is written between %s and the connection, and shows nothing twice',
      async (path) => {
        const [ana, bruno, carla] = [await person('Ana'), await person('Bruno'), await person('Carla')];
        const id = await channel(ana, bruno, carla);
        const write = async (author: Person) => {
          for (let n = 0; n < 20; n++) await post(id, author, `${n}`);
        };
        const pages: { shown: string[]; tab: Tab }[] = [];
        const open = async () => {
          const answer = await call('get', path.replace(':id', id), carla).expect(200);
          const rows = path.endsWith('/messages') ? (answer.body as Row[]) : await messagesOf(id, carla);
          // Somebody writes before the page is connected.
          await post(id, ana, 'in between');
          const tab = await tabOf(carla, answer.headers['x-live-cursor']);
          pages.push({ shown: rows.map((row) => row.id), tab });
        };
        const openAll = async () => {
          for (let n = 0; n < 5; n++) await open();
        };
        await Promise.all([write(ana), write(bruno), openAll()]);
        const last = await post(id, ana, 'the last one');
        const all = (await messagesOf(id, carla)).map((row) => row.id).sort();
        expect(all).toHaveLength(46);
        for (const { shown, tab } of pages) {
          await tab.sees({ id: last.id });
          expect(tab.frames.filter((frame) => frame.message_type === 'RESYNC')).toEqual([]);
          const live = tab.frames.flatMap((frame) => (frame.reference_id === id ? (frame.id as string) : []));
          expect(new Set(live).size).toBe(live.length);
          expect([...new Set([...shown, ...live])].sort()).toEqual(all);
        }
      },
    );
  });

  it('says that it is healthy, and 503 while the database is away', async () => {
    await call('get', '/health').expect(200, { status: 'ok' });
    jest.spyOn(app.get(Database), 'query').mockRejectedValue(new Error('gone'));
    await call('get', '/health').expect(503);
  });

  it('serves its page, which may load nothing from elsewhere', async () => {
    const page = await call('get', '/').expect(200).expect('Content-Type', /html/);
    expect(page.text).toContain('<title>Live messages</title>');
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    const client = await call('get', '/nestjs-live-messages/client/index.js').expect(200);
    expect(client.headers['content-type']).toContain('javascript');
    expect(client.text).toContain('export function createLiveClient');
  });

  it('sends everyone away when it stops, and says until then that it is not healthy', async () => {
    const [ana, bruno] = [await person('Ana'), await person('Bruno')];
    const awake = await Tab.open(port, ana.token);
    const asleep = await Tab.open(port, bruno.token);
    asleep.sleep();
    const stopped = app.close();
    expect(await awake.closed).toEqual({ code: 1012, reason: '{"reconnect_within_ms":1000}' });
    await call('get', '/health').expect(503);
    await stopped;
    await asleep.close();
  });
});
