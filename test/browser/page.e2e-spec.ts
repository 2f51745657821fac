import { mkdirSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { LiveEventsService } from 'nestjs-live-messages';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { AppModule } from '../../example/src/app.module';
import { configureApp } from '../../example/src/configure-app';
import { Database } from '../../example/src/database/database';

const SCREENSHOTS = join(tmpdir(), 'live-messages-screenshots');
const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
};
const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** One tab of one user, and what its console said. */
class Tab {
  readonly errors: string[] = [];

  constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (line) => line.type() === 'error' && this.errors.push(line.text()));
  }

  at(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  async comeInAs(name: string): Promise<void> {
    await this.at('name').fill(name);
    await this.at('enter').click();
    await this.isLive();
  }

  isLive(): Promise<void> {
    return this.page.locator('[data-testid=connection][data-state=live]').waitFor({ state: 'attached' });
  }

  async makeChannel(name: string): Promise<void> {
    await this.at('channel-name').fill(name);
    await this.at('make-channel').click();
    await this.at('channel-title').filter({ hasText: name }).waitFor();
  }

  async join(name: string): Promise<void> {
    await this.page.getByRole('button', { name: `Join ${name}`, exact: true }).click();
    await this.at('channel-title').filter({ hasText: name }).waitFor();
  }

  async say(content: string): Promise<void> {
    await this.at('draft').fill(content);
    await this.at('draft').press('Enter');
    await this.sees(content);
  }

  message(content: string): Locator {
    return this.at('message').filter({ hasText: content });
  }

  sees(content: string): Promise<void> {
    return this.message(content).waitFor();
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
  }
}

describe('the page of the example', () => {
  const sockets = new Set<Socket>();
  let browser: Browser;
  let app: NestExpressApplication;
  let port = 0;
  const tabs: Tab[] = [];

  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    // The example's defaults: data in memory and a key of its own, both new with each start.
    delete process.env.DATABASE_URL;
    delete process.env.JWT_SECRET;
    await start();
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: BROWSER_ARGS,
    });
  }, 120_000);

  afterEach(() => Promise.all(tabs.splice(0).map((tab) => tab.page.context().close())));

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  async function start(): Promise<void> {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication<NestExpressApplication>();
    configureApp(app);
    await app.listen(port, '127.0.0.1');
    const server = app.getHttpServer();
    port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
  }

  async function open(options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, ...options });
    context.setDefaultTimeout(15_000);
    const tab = new Tab(await context.newPage());
    tabs.push(tab);
    await tab.page.goto(`http://127.0.0.1:${port}/`);
    return tab;
  }

  /** Two tabs, two users, one channel. */
  async function twoIn(channel: string, options?: BrowserContextOptions): Promise<[Tab, Tab]> {
    const [ana, bruno] = [await open(), await open(options)];
    await ana.comeInAs('Ana');
    await bruno.comeInAs('Bruno');
    await ana.makeChannel(channel);
    await bruno.join(channel);
    return [ana, bruno];
  }

  it('lets two tabs talk, edit and delete, and shows who types', async () => {
    const [ana, bruno] = await twoIn('Garden');
    await ana.say('The tomatoes are <b>ripe</b> 🍅');
    await bruno.sees('The tomatoes are <b>ripe</b> 🍅');
    await bruno.message('tomatoes').getByTestId('author').filter({ hasText: 'Ana' }).waitFor();

    await bruno.at('draft').pressSequentially('On my');
    await ana.at('typing').filter({ hasText: 'Bruno is typing' }).waitFor();
    await bruno.say('On my way');
    await ana.sees('On my way');
    expect(await ana.at('typing').textContent()).toBe('');

    await ana.message('tomatoes').hover();
    await ana.message('tomatoes').getByTestId('edit').click();
    await ana.screenshot('editing');
    await ana.at('edit-draft').fill('The tomatoes are ripe, and the figs');
    await ana.at('edit-draft').press('Enter');
    await bruno.message('and the figs').getByTestId('edited').waitFor();

    expect(await bruno.message('and the figs').getByTestId('edit').count()).toBe(0);
    await bruno.message('On my way').hover();
    await bruno.message('On my way').getByTestId('delete').click();
    await bruno.screenshot('deleting');
    await bruno.at('confirm-delete').click();
    await ana.at('deleted').waitFor();
    expect(await ana.at('message').count()).toBe(2);
    expect([...ana.errors, ...bruno.errors]).toEqual([]);
  });

  it('shows a new channel and a new name in an open page', async () => {
    const ana = await open();
    await ana.comeInAs('Ana');
    const carla = await open();
    await carla.comeInAs('Carla');
    await carla.makeChannel('Kitchen');
    await ana.join('Kitchen');
    await carla.say('Soup?');
    await ana.message('Soup?').getByTestId('author').filter({ hasText: 'Carla' }).waitFor();
    await ana.at('leave-channel').click();
    await ana.page.getByRole('button', { name: 'Join Kitchen', exact: true }).waitFor();
    expect(await ana.page.title()).toBe('Live messages');
    expect([...ana.errors, ...carla.errors]).toEqual([]);
  });

  it('comes back by itself when the connection breaks, with what it has missed', async () => {
    const [ana, bruno] = await twoIn('Harbour');
    await ana.say('Before the storm');
    await bruno.sees('Before the storm');
    // Written past the live endpoint: only a fetch after the reconnect can bring it.
    await app.get(Database).query(
      `insert into messages (channel_id, user_id, content)
       select c.id, c.made_by, 'During the storm' from channels c where c.name = 'Harbour'`,
    );
    sockets.forEach((socket) => socket.destroy());
    await bruno.sees('During the storm');
    await ana.sees('During the storm');
    await Promise.all([ana.isLive(), bruno.isLive()]);
    await ana.say('After the storm');
    await bruno.sees('After the storm');
    expect(await bruno.at('message').count()).toBe(3);
    expect([...ana.errors, ...bruno.errors]).toEqual([]);
  });

  it('pages back through a long channel without moving what is being read', async () => {
    const [ana, bruno] = await twoIn('Archive');
    await app.get(Database).query(
      `insert into messages (channel_id, user_id, content, date_created)
       select c.id, c.made_by, 'Entry ' || n, timestamp '2024-09-09 14:06:11' + n * interval '1 minute'
       from channels c, generate_series(1, 60) n where c.name = 'Archive'`,
    );
    await bruno.page.reload();
    await bruno.sees('Entry 60');
    expect(await bruno.at('message').count()).toBe(50);
    await bruno.at('earlier').click();
    await bruno.at('message').nth(59).waitFor();
    expect(await bruno.at('message').first().textContent()).toContain('Entry 1');
    await bruno.at('message').first().scrollIntoViewIfNeeded();
    await ana.say('A new entry');
    await bruno.at('to-newest').click();
    await bruno.sees('A new entry');
    expect([...ana.errors, ...bruno.errors]).toEqual([]);
  });

  it('works with the keyboard alone, and on a phone in the dark', async () => {
    const ana = await open();
    await ana.screenshot('welcome');
    await ana.page.keyboard.type('Ana');
    await ana.page.keyboard.press('Enter');
    await ana.isLive();
    await ana.at('channel-name').focus();
    await ana.page.keyboard.type('Weekend');
    await ana.page.keyboard.press('Enter');
    await ana.at('draft').and(ana.page.locator(':focus')).waitFor();
    await ana.page.keyboard.type('Who comes along to the lake on Saturday?');
    await ana.page.keyboard.press('Enter');
    await ana.sees('the lake');

    const bruno = await open({ ...PHONE, colorScheme: 'dark' });
    await bruno.comeInAs('Bruno');
    await bruno.screenshot('phone-dark-channels');
    await bruno.join('Weekend');
    await bruno.say('I do! I bring the boat, and a cake that my grandmother taught me to make.');
    await ana.say('Lovely. Ten o’clock at the pier?');
    await ana.say('Bring a hat');
    await bruno.sees('Bring a hat');
    await ana.at('draft').pressSequentially('And');
    await bruno.at('typing').filter({ hasText: 'Ana is typing' }).waitFor();
    await bruno.screenshot('phone-dark');
    const width = await bruno.page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(360);
    await bruno.at('draft').pressSequentially('Fine');
    await ana.at('typing').filter({ hasText: 'Bruno is typing' }).waitFor();
    await ana.screenshot('desktop-light');
    await ana.page.emulateMedia({ colorScheme: 'dark' });
    await ana.screenshot('desktop-dark');
    await bruno.page.emulateMedia({ colorScheme: 'light' });
    await bruno.screenshot('phone-light');
    await bruno.at('back').click();
    await bruno.at('joined-channels').waitFor();
    expect([...ana.errors, ...bruno.errors]).toEqual([]);
  });

  it('fetches a new token and comes back when the server disconnects it', async () => {
    const ana = await open();
    await ana.comeInAs('Ana');
    const renewed = ana.page.waitForResponse('**/auth/token');
    const [{ id: userId } = { id: '' }] = await app
      .get(Database)
      .query<{ id: string }>("select id from users where username = 'Ana'");
    await app.get(LiveEventsService, { strict: false }).disconnect({ userId });
    expect((await renewed).status()).toBe(201);
    await ana.isLive();
    expect(ana.errors).toEqual([]);
  });

  it('stops when the chat was opened elsewhere, and connects again when asked to', async () => {
    const ana = await open();
    let attempts = 0;
    await ana.page.routeWebSocket(/\/ws/, (socket) => {
      if (++attempts === 1) void socket.close({ code: 4001, reason: 'replaced' });
      else socket.connectToServer();
    });
    await ana.at('name').fill('Ana');
    await ana.at('enter').click();
    await ana.at('stopped').filter({ hasText: 'opened elsewhere' }).waitFor();
    await ana.screenshot('stopped');
    await ana.at('reconnect').click();
    await ana.isLive();
    expect(await ana.at('stopped').isVisible()).toBe(false);
    expect(ana.errors).toEqual([]);
  });

  it('says so when a message can not be posted, and gives it back', async () => {
    const [ana] = await twoIn('Offline');
    await ana.page.route('**/messages', (route) =>
      route.fulfill({ status: 503, json: { message: 'Too busy' } }),
    );
    await ana.at('draft').fill('Is anybody there?');
    await ana.at('draft').press('Enter');
    await ana.at('notice').filter({ hasText: 'Too busy' }).waitFor();
    expect(await ana.at('draft').inputValue()).toBe('Is anybody there?');
    expect(await ana.at('message').count()).toBe(0);
  });

  it('keeps a draft for each channel', async () => {
    const ana = await open();
    await ana.comeInAs('Ana');
    await ana.makeChannel('Letters');
    await ana.at('draft').fill('Dear all,');
    await ana.makeChannel('Numbers');
    expect(await ana.at('draft').inputValue()).toBe('');
    await ana.page.goBack();
    await ana.at('channel-title').filter({ hasText: 'Letters' }).waitFor();
    expect(await ana.at('draft').inputValue()).toBe('Dear all,');
    expect(ana.errors).toEqual([]);
  });

  it('starts anew when the server has forgotten everyone', async () => {
    const ana = await open();
    await ana.comeInAs('Ana');
    await ana.makeChannel('Forgotten');
    await app.close();
    await ana.page.locator('[data-testid=connection][data-state=waiting]').waitFor();
    const reloaded = ana.page.waitForEvent('load');
    await start();
    await reloaded;
    await ana.isLive();
    expect(await ana.at('my-name').textContent()).toBe('Ana');
    expect(await ana.at('channel').count()).toBe(0);
    await ana.makeChannel('Remembered');
    await ana.say('Hello again');
  });
});
