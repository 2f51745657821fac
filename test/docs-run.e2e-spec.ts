import { Body, Controller, Post, Type } from '@nestjs/common';
import { IsString } from 'class-validator';
import {
  LiveCursor,
  LiveEvent,
  LiveEventsService,
  LiveMessagesModule,
  type MessageRow,
  toEveryone,
  topic,
} from 'nestjs-live-messages';
import type { LiveClient, MessageOnWire } from 'nestjs-live-messages/client';
import { WebSocket } from 'ws';
import { PAGES, blockOf, blocksOf } from './support/doc-blocks';
import { runDoc } from './support/doc-run';
import { HostSetup } from './support/host';
import { until } from './support/live-stage';
import { resume } from './support/resumable';
import { messageRow } from './support/rows';
import { SECRET, tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

const CLIENTS = 'docs/clients.md';
const RESUME = 'docs/resume.md';
const DEPLOY = 'docs/deploy.md';

/** Those that test/docs-react runs, test/pack builds, and parts of a host that only compile. */
const ELSEWHERE = [
  ...['channel.tsx', 'channel-memberships.ts', 'app.module.ts', 'main.ts'],
  ...['log.ts', 'servers.ts'],
  ...['Emit 1', 'Emit 2', 'Emit 3', 'Memberships 1', 'Who is online 1', 'Connect 2', 'In your tests 1'],
];

/** Where a block is compiled before there is a host. */
const NOWHERE = { url: '', httpUrl: '' };

const ran = new Set<string>();
const blockToRun = (page: string, name: string) => {
  ran.add(`${page} ${name}`);
  return blockOf(page, name);
};

@LiveEvent('REACTION_ADDED')
class ReactionAdded {
  @IsString() readonly message_id = 'm';
  @IsString() readonly emoji = '👍';
}

/** The host's messages, and what the pages' controllers read. */
class MessagesRepository {
  readonly rows: MessageRow[] = [];
  latest(): Promise<object[]> {
    return Promise.resolve(this.rows.map(asOnWire));
  }
}

const asOnWire = ({ id, user_id, content, date_created, date_updated, ...rest }: MessageRow) => ({
  ...{ id, user_id, content, date_created, date_updated: date_updated ?? date_created },
  ...{ message_type: 'MESSAGE', recipient_type: 'CHANNEL', reference_id: rest.reference_id, deleted: false },
});

let host: WatchedHost;
let repository: MessagesRepository;
/** What was opened, to be closed after the test. */
let open: { close(): void }[] = [];
/** What the block showed. */
let shown: unknown[] = [];
let fetches = 0;
const nativeWebSocket = globalThis.WebSocket;

beforeEach(() => {
  // As in a browser, and in Node 22.
  globalThis.WebSocket = WebSocket as never;
  repository = new MessagesRepository();
  open = [];
  shown = [];
  fetches = 0;
});
afterEach(async () => {
  globalThis.WebSocket = nativeWebSocket;
  for (const each of open) each.close();
  await host?.close();
});

async function start(setup: HostSetup = {}): Promise<void> {
  host = await startWatchedHost({
    ...setup,
    options: { events: [ReactionAdded], ...setup.options },
  });
  host.source.put('ann', topic('CHANNEL', 'general'));
}

const session = { token: () => tokenOf('ann') };
const say = (content: string, more: Partial<MessageRow> = {}) => {
  const row = messageRow('general', { content, ...more });
  repository.rows.push(row);
  return host.live.message(row);
};
const sees = (content: string) =>
  until(() => shown.some((event) => (event as MessageOnWire).content === content));
const show = (event: unknown) => shown.push(event);
const refetch = () => void (fetches += 1);

/** Runs a block of `docs/clients.md` whose export is a client or a socket. */
async function run<Exports extends object>(page: string, name: string, scope: object = {}): Promise<Exports> {
  const usual = { session, show, refetch, showState: () => undefined };
  const exports = await runDoc<Exports>(blockToRun(page, name), host, { ...usual, ...scope });
  for (const value of Object.values(exports)) if (isOpen(value)) open.push(value);
  return exports;
}

const isOpen = (value: unknown): value is { close(): void } =>
  typeof (value as { close?: unknown } | undefined)?.close === 'function';

describe('a plain connection', () => {
  it('README.md: Connect', async () => {
    await start();
    const sockets: { close(): void }[] = [];
    const Watched = class extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    };
    await run('README.md', 'Connect 1', { WebSocket: Watched, token: session.token() });
    open.push(...sockets);
    await until(() => host.registry.size === 1);
    await say('hello');
    await sees('hello');
    expect(shown).toHaveLength(1);
  });

  it('browser.js: comes back by itself, and fetches each time', async () => {
    await start();
    jest.spyOn(Math, 'random').mockReturnValue(-0.14);
    let refused = false;
    const token = () => (refused ? 'nonsense' : session.token());
    await run(CLIENTS, 'browser.js', { session: { token } });
    await until(() => fetches === 1);
    await say('hello');
    await sees('hello');
    host.ends.at(-1)!.destroy();
    await until(() => fetches === 2);
    await say('again');
    await sees('again');
    refused = true;
    const attempts = host.ends.length;
    host.ends.at(-1)!.destroy();
    await until(() => host.ends.length === attempts + 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(host.ends).toHaveLength(attempts + 1);
    jest.restoreAllMocks();
  });

  it.each(['party.ts', 'reconnecting.ts'])('%s: receives, and stops at a refused token', async (name) => {
    await start();
    const { socket } = await run<{ socket: WebSocket }>(CLIENTS, name);
    await until(() => fetches === 1);
    await say('hello');
    await sees('hello');
    await host.live.disconnect({ userId: 'ann' });
    await until(() => host.registry.size === 0 && socket.readyState === WebSocket.CLOSED);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(host.ends).toHaveLength(1);
  });
});

describe('our client', () => {
  it.each(['live.ts', 'node.ts'])('%s: receives, and loses nothing over a drop', async (name) => {
    await start();
    const { live } = await run<{ live: LiveClient }>(CLIENTS, name);
    await until(() => live.state.status === 'connected');
    await say('hello');
    await sees('hello');
    host.ends.at(-1)!.destroy();
    await until(() => host.registry.size === 0);
    await say('away');
    await sees('away');
    expect(fetches).toBe(0);
  });

  it('own-events.ts: knows the events of the host', async () => {
    await start();
    const reactions: unknown[] = [];
    const showReaction = (...args: unknown[]) => reactions.push(args);
    const { live } = await run<{ live: LiveClient }>(CLIENTS, 'own-events.ts', { showReaction });
    await until(() => live.state.status === 'connected');
    await host.live.emit(new ReactionAdded(), { to: toEveryone() });
    await until(() => reactions.length > 0);
    expect(reactions).toEqual([['m', '👍']]);
  });
});

/** The pages' store of messages. */
interface Store {
  readonly all: (MessageOnWire & { state?: string })[];
  merge(message: MessageOnWire): void;
  send(draft: MessageOnWire, post: (draft: MessageOnWire) => Promise<MessageOnWire>): Promise<void>;
  refill(fetchAll: () => Promise<MessageOnWire[]>): Promise<void>;
}
const newStore = async () =>
  new (await run<{ Messages: new () => Store }>(CLIENTS, 'messages.ts')).Messages();
const contents = (store: Store) =>
  store.all.map(({ content, state }) => `${content}${state ? ` ${state}` : ''}`);

describe('optimistic UI', () => {
  /** Answers when the test says so, long after it has emitted. */
  let answer = () => undefined as void;
  @Controller('messages')
  class Messages {
    constructor(private readonly live: LiveEventsService) {}
    @Post()
    async post(@Body() body: MessageRow) {
      await this.live.message(body);
      await new Promise<void>((resolve) => (answer = resolve));
      return asOnWire(body);
    }
  }
  const draft = (content: string) =>
    ({ ...asOnWire(messageRow('general', { content, user_id: 'ann' })) }) as MessageOnWire;
  const post = async (message: MessageOnWire) => {
    const response = await fetch(`${host.httpUrl}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
    });
    return (await response.json()) as MessageOnWire;
  };

  async function following(): Promise<Store> {
    await start({ controllers: [Messages] });
    const store = await newStore();
    const { live } = await run<{ live: LiveClient }>(CLIENTS, 'live.ts');
    const { follow } = await run<{ follow: (...args: unknown[]) => void }>(CLIENTS, 'optimistic.ts', {
      './messages.js': {},
    });
    follow(live, store, () => Promise.resolve([]));
    await until(() => live.state.status === 'connected');
    return store;
  }

  it('shows a message once, though its event comes before the response', async () => {
    const store = await following();
    const sending = store.send(draft('mine'), post);
    expect(contents(store)).toEqual(['mine sending']);
    await until(() => contents(store)[0] === 'mine');
    answer();
    await sending;
    expect(contents(store)).toEqual(['mine']);
  });

  it('shows it as sent when the response is lost and the event came, and as failed when neither came', async () => {
    const store = await following();
    const mine = draft('mine');
    const sending = store.send(mine, async (message) => {
      void post(message);
      await until(() => contents(store)[0] === 'mine');
      throw new Error('the network is gone');
    });
    await sending;
    answer();
    await store.send(draft('other'), () => Promise.reject(new Error('the network is gone')));
    expect(contents(store).sort()).toEqual(['mine', 'other failed']);
  });

  it('lets no late response undo an edit or a deletion', async () => {
    await start();
    const store = await newStore();
    const message = draft('first');
    store.merge({ ...message, content: 'edited', date_updated: '2025-01-01 00:00:00.5' });
    store.merge(message);
    expect(contents(store)).toEqual(['edited']);
    store.merge({ ...message, message_type: 'DELETE_MESSAGE', deleted: true });
    store.merge(message);
    expect(contents(store)).toEqual([]);
  });

  it('takes away after a fetch what is gone, and keeps what came meanwhile and what is being sent', async () => {
    await start();
    const store = await newStore();
    const [gone, stays, comes] = ['gone', 'stays', 'comes'].map(draft);
    store.merge(gone!);
    store.merge(stays!);
    void store.send(draft('mine'), () => new Promise(() => undefined));
    await store.refill(() => {
      store.merge(comes!);
      return Promise.resolve([stays!]);
    });
    expect(contents(store).sort()).toEqual(['comes', 'mine sending', 'stays']);
  });
});

describe('fetch, then connect', () => {
  const PLACES = { './messages.repository.js': { MessagesRepository } };

  /** The pages' controllers are compiled before there is a host. */
  async function controllerOf(name: string): Promise<Type> {
    const exports = await runDoc<Record<string, Type>>(blockToRun(RESUME, name), NOWHERE, PLACES);
    return Object.values(exports)[0]!;
  }
  const startWith = async (...names: string[]) => {
    const controllers = await Promise.all(names.map(controllerOf));
    class Provided {}
    const module = {
      module: Provided,
      controllers,
      providers: [{ provide: MessagesRepository, useValue: repository }],
    };
    await start({ imports: [module] });
  };

  it.each([
    [RESUME, 'fetch-then-connect.ts'],
    ['README.md', 'Come back without loss 1'],
  ])('%s %s: nothing is missed between the two, nor after', async (page, name) => {
    await startWith('messages.controller.ts');
    await say('before');
    const fetchAndThen = async (url: string) => {
      const response = await fetch(url.replace(/^\/api/, host.httpUrl));
      await say('between');
      return response;
    };
    const store = await newStore();
    const createLiveClient = clientOf(`${host.url}/ws`);
    await run(page, name, {
      fetch: fetchAndThen,
      messages: store,
      show: (event: MessageOnWire | MessageOnWire[]) => [event].flat().forEach((each) => store.merge(each)),
      'nestjs-live-messages/client': { createLiveClient },
    });
    await until(() => store.all.length === 2);
    await say('after');
    await until(() => store.all.length === 3);
    expect(contents(store).sort()).toEqual(['after', 'before', 'between']);
    expect(fetches).toBe(0);
  });

  /** Ours, at that address, closed after the test. */
  function clientOf(url: string) {
    const { createLiveClient } = jest.requireActual<typeof import('nestjs-live-messages/client')>(
      'nestjs-live-messages/client',
    );
    return (options: Parameters<typeof createLiveClient>[0]) => {
      const live = createLiveClient({ ...options, url });
      open.push(live);
      return live;
    };
  }

  it('cors.ts: a page of another origin sees the header', async () => {
    const controllers = [await controllerOf('messages.controller.ts')];
    await start({
      controllers,
      providers: [MessagesRepository],
      prepare: (app) => void runDoc(blockToRun(RESUME, 'cors.ts'), NOWHERE, { app }),
    });
    const response = await fetch(`${host.httpUrl}/channels/general/messages`);
    expect(response.headers.get('access-control-expose-headers')).toBe('X-Live-Cursor');
    expect(response.headers.get('x-live-cursor')).toMatch(/^\d+-\d+$/);
  });

  it('replica.controller.ts: lies back', async () => {
    await startWith('replica.controller.ts');
    const { connected } = await resume(host, 'ann');
    await say('fresh');
    const response = await fetch(`${host.httpUrl}/archive/general`);
    const again = await resume(host, 'ann', response.headers.get('x-live-cursor')!);
    expect(again.connected).toMatchObject({ resumed: true, cursor: connected.cursor });
    expect(await again.client.nextEvent()).toMatchObject({ content: 'fresh' });
  });

  it('page.controller.ts and page.ts: a page is rendered with its cursor, and goes on from there', async () => {
    await start();
    const Page = await controllerOf('page.controller.ts');
    const page = new Page(host.app.get(LiveCursor), repository) as {
      page(id: string): Promise<{ cursor: string }>;
    };
    await say('rendered');
    await until(() => host.app.get(LiveCursor).take() !== undefined);
    const { cursor } = await page.page('general');
    await say('between');
    const store = await newStore();
    const document = { querySelector: () => ({ dataset: { cursor } }) };
    await run(RESUME, 'page.ts', { document, messages: store });
    await until(() => contents(store).includes('between'));
  });
});

it('resync.ts: fetches until it has worked', async () => {
  await start({ options: { history: false } });
  const { connected } = await resume(host, 'ann');
  await say('missed');
  const { createLiveClient } = jest.requireActual<typeof import('nestjs-live-messages/client')>(
    'nestjs-live-messages/client',
  );
  const store = await newStore();
  const live = createLiveClient({ url: `${host.url}/ws`, token: session.token, resume: connected.cursor });
  open.push(live);
  let attempts = 0;
  const fetchAll = async () => {
    attempts += 1;
    if (attempts === 1) return Response.json({}, { status: 500 });
    return Response.json(await repository.latest());
  };
  const warn = jest.spyOn(console, 'error').mockReturnValue();
  await run(RESUME, 'resync.ts', { live, messages: store, fetch: fetchAll });
  await until(() => contents(store).includes('missed'));
  expect(attempts).toBe(2);
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});

it('relay.ts: goes on where it stopped', async () => {
  await start();
  const { client } = await resume(host, 'ann');
  const waiting = ['1', '2'].map((content) => ({
    id: `outbox-${content}`,
    row: messageRow('general', { content }),
  }));
  let isDead = true;
  const outbox = {
    oldest: () => Promise.resolve([...waiting]),
    delete: (id: string) => {
      if (isDead) throw new Error('dead between the two lines');
      return Promise.resolve(
        void waiting.splice(
          waiting.findIndex((each) => each.id === id),
          1,
        ),
      );
    },
  };
  const { relay } = await run<{ relay: () => Promise<void> }>(RESUME, 'relay.ts', {
    outbox,
    live: host.live,
  });
  await expect(relay()).rejects.toThrow('dead');
  isDead = false;
  await relay();
  await say('end');
  const frames = [await client.nextEvent(), await client.nextEvent(), await client.nextEvent()];
  expect(frames.map(({ content }) => content)).toEqual(['1', '2', 'end']);
});

it('health.controller.ts: says that a node is ready', async () => {
  const exports = await runDoc<Record<string, Type>>(blockToRun(DEPLOY, 'health.controller.ts'), NOWHERE);
  await start({ controllers: Object.values(exports) });
  expect((await fetch(`${host.httpUrl}/health`)).status).toBe(200);
});

it('history.ts: the options are good ones', async () => {
  await start();
  const registered: { history: object }[] = [];
  const Spied = {
    forRoot: (options: never) => registered.push(options) && LiveMessagesModule.forRoot(options),
  };
  const scope = {
    LiveMessagesModule: Spied,
    process: { env: { JWT_SECRET: SECRET } },
    ChannelMemberships: class {},
  };
  await run(RESUME, 'history.ts', scope);
  const { history } = registered[0]!;
  await host.close();
  await start({ options: { history } });
});

it('ran every block of JavaScript and TypeScript, but for those that are run or compiled elsewhere', () => {
  const names = PAGES.flatMap((page) => blocksOf(page))
    .filter(({ language, name }) => ['js', 'ts', 'tsx'].includes(language) && !ELSEWHERE.includes(name))
    .map(({ page, name }) => `${page} ${name}`);
  expect([...ran].sort()).toEqual(names.sort());
});
