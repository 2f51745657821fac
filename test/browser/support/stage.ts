import { randomUUID } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { AppModule } from '../../../example/src/app.module';
import { configureApp } from '../../../example/src/configure-app';
import { Database } from '../../../example/src/database/database';
import { migrate } from '../../../example/src/database/migrate';
import { PgliteDatabase } from '../../../example/src/database/pglite-database';
import { Tab } from './tab';
import { Writer } from './writer';

export const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
};
export const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The example as it runs, and a browser that opens its page. */
export class Stage {
  private readonly sockets = new Set<Socket>();
  private readonly tabs: Tab[] = [];
  private browser: Browser | undefined;
  private database: PgliteDatabase | undefined;
  private port = 0;
  app!: NestExpressApplication;

  async open(): Promise<void> {
    delete process.env.DATABASE_URL;
    await this.startServer();
    this.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: BROWSER_ARGS,
      // As in everyone's browser.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
    });
  }

  /** Starts the server, always on the same port, with the data and the key that it had. */
  async startServer(): Promise<void> {
    const database = (this.database ??= await newDatabase());
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(Database)
      .useValue(outlasting(database))
      .compile();
    this.app = module.createNestApplication<NestExpressApplication>();
    configureApp(this.app);
    await this.app.listen(this.port, '127.0.0.1');
    const server = this.app.getHttpServer();
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  /** Stops the server for good: it will know nobody any more, and take no token. */
  async stopAndForget(): Promise<void> {
    await this.app.close();
    await this.database?.onApplicationShutdown();
    this.database = undefined;
  }

  breakConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  query<T>(sql: string, params?: readonly unknown[]): Promise<T[]> {
    return this.database!.query<T>(sql, params);
  }

  /** Someone who writes without a page. */
  writer(name: string): Promise<Writer> {
    return Writer.signIn(`http://127.0.0.1:${this.port}`, name);
  }

  /** What the database holds of a channel, as {@link Tab.lines} shows it. */
  async linesOf(channelId: string): Promise<string[]> {
    const rows = await this.query<{ line: string }>(
      `select id || ' ' || case when deleted then '(deleted)' else content end as line
       from messages where channel_id = $1 order by date_created, id`,
      [channelId],
    );
    return rows.map(({ line }) => line);
  }

  /** A tab of a browser without a past. */
  async tab(options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await this.browser!.newContext({ viewport: { width: 1180, height: 760 }, ...options });
    context.setDefaultTimeout(15_000);
    const tab = new Tab(await context.newPage());
    this.tabs.push(tab);
    await tab.page.goto(`http://127.0.0.1:${this.port}/`);
    return tab;
  }

  /** A tab of a user who stands in the lobby. */
  async user(name: string, options?: BrowserContextOptions): Promise<Tab> {
    const tab = await this.tab(options);
    await tab.comeInAs(name);
    return tab;
  }

  /** Ana and Bruno, both in one new channel. */
  async twoIn(channel: string, options?: BrowserContextOptions): Promise<[Tab, Tab]> {
    const [ana, bruno] = [await this.user('Ana'), await this.user('Bruno', options)];
    await ana.makeChannel(channel);
    await bruno.join(channel);
    return [ana, bruno];
  }

  /** Closes the tabs, and forgets everyone and everything but the lobby; no page may have complained. */
  async clear(): Promise<void> {
    const tabs = this.tabs.splice(0);
    await Promise.all(tabs.map((tab) => tab.page.context().close()));
    await this.query('delete from messages');
    await this.query('delete from channels where made_by is not null');
    await this.query('delete from users');
    expect(tabs.flatMap((tab) => tab.errors)).toEqual([]);
  }

  async close(): Promise<void> {
    await this.browser?.close();
    await this.app?.close();
    await this.database?.onApplicationShutdown();
  }
}

async function newDatabase(): Promise<PgliteDatabase> {
  process.env.JWT_SECRET = randomUUID();
  const database = await PgliteDatabase.open();
  await migrate(database);
  return database;
}

/** A database that does not stop with the server, as a real one. */
function outlasting(database: Database): Database {
  return {
    query: (sql, params) => database.query(sql, params),
    transaction: (work) => database.transaction(work),
  };
}
