import type { AddressInfo, Socket } from 'node:net';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { PresenceService } from '../../../example/src/presence/presence.service';
import { AppModule } from '../../../example/src/app.module';
import { configureApp } from '../../../example/src/configure-app';
import { Database } from '../../../example/src/database/database';
import { Tab } from './tab';

export const PHONE: BrowserContextOptions = {
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

/** The example as it runs, and a browser that opens its page. */
export class Stage {
  private readonly sockets = new Set<Socket>();
  private readonly tabs: Tab[] = [];
  private browser: Browser | undefined;
  private port = 0;
  app!: NestExpressApplication;

  /** Who the example says is online. */
  get presence(): PresenceService {
    return this.app.get(PresenceService);
  }

  async open(): Promise<void> {
    // The example's defaults: data in memory and a key of its own, both new with each start.
    delete process.env.DATABASE_URL;
    delete process.env.JWT_SECRET;
    await this.startServer();
    this.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: BROWSER_ARGS,
    });
  }

  /** Starts the server, always on the same port. */
  async startServer(): Promise<void> {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
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

  breakConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  query<T>(sql: string, params?: readonly unknown[]): Promise<T[]> {
    return this.app.get(Database).query<T>(sql, params);
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
  }
}
