import type { Locator, Page, WebSocket } from 'playwright-core';

const LINES = `[...document.querySelectorAll('[data-testid=message]')].map((message) => {
  const content = message.querySelector('[data-testid=content]');
  return message.dataset.key + ' ' + (content ? content.textContent : '(deleted)');
})`;

/** One tab of one user, and what its console said. */
export class Tab {
  readonly errors: string[] = [];
  /** The connections that it has opened, the oldest first. */
  readonly sockets: WebSocket[] = [];
  /** Why the server told it to fetch, each time. */
  readonly resyncs: string[] = [];

  constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (line) => line.type() === 'error' && this.errors.push(line.text()));
    page.on('websocket', (socket) => {
      this.sockets.push(socket);
      socket.on('framereceived', ({ payload }) => this.hear(payload.toString()));
    });
  }

  at(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  /** Chooses a name, and stands in the lobby. */
  async comeInAs(name: string): Promise<void> {
    await this.at('name').fill(name);
    await this.at('enter').click();
    await this.isIn('Lobby');
    await this.isLive();
  }

  isLive(): Promise<void> {
    return this.isConnection('connected');
  }

  isConnection(state: 'connected' | 'waiting' | 'offline' | 'closed'): Promise<void> {
    return this.page.locator(`[data-testid=connection][data-state=${state}]`).waitFor({ state: 'attached' });
  }

  /** Takes its network away, or gives it back. */
  async isOffline(offline: boolean): Promise<void> {
    await this.page.context().setOffline(offline);
    await this.isConnection(offline ? 'offline' : 'connected');
  }

  isIn(channel: string): Promise<void> {
    return this.at('channel-title').getByText(channel, { exact: true }).waitFor();
  }

  /** A phone shows the channels or one of them, not both. */
  async seesChannels(): Promise<void> {
    if (await this.at('back').isVisible()) await this.at('back').click();
    await this.at('joined-channels').waitFor();
  }

  async makeChannel(name: string): Promise<void> {
    await this.seesChannels();
    await this.at('channel-name').fill(name);
    await this.at('make-channel').click();
    await this.isIn(name);
  }

  async join(name: string): Promise<void> {
    await this.seesChannels();
    await this.page.getByRole('button', { name: `Join ${name}`, exact: true }).click();
    await this.isIn(name);
  }

  async goTo(channel: string): Promise<void> {
    await this.seesChannels();
    await this.link(channel).click();
    await this.isIn(channel);
  }

  /** The link of a channel that this user is in. */
  link(channel: string): Locator {
    return this.at('channel').getByRole('link', { name: new RegExp(`^${channel}`) });
  }

  unreadOf(channel: string): Locator {
    return this.link(channel).getByTestId('unread');
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

  /** The id of the channel on show. */
  get channelId(): string {
    return new URL(this.page.url()).hash.slice(1);
  }

  /** What the list shows, from top to bottom, each with its id. */
  lines(): Promise<string[]> {
    return this.page.evaluate<string[]>(LINES);
  }

  /** Waits until the list shows just this, and says at the end what it shows instead. */
  async showsLines(lines: readonly string[], timeout = 15_000): Promise<void> {
    await this.page.evaluate(`new Promise((resolve) => {
      const look = () => JSON.stringify(${LINES}) === ${JSON.stringify(JSON.stringify(lines))} && end();
      const end = () => resolve(clearInterval(looking), clearTimeout(ending));
      const looking = setInterval(look, 50);
      const ending = setTimeout(end, ${timeout});
    })`);
    expect(await this.lines()).toEqual(lines);
  }

  member(name: string, online: boolean): Locator {
    const state = online ? 'true' : 'false';
    return this.page.locator(`[data-testid=member][data-online=${state}]`).filter({ hasText: name });
  }

  /** Waits until the tab's title is this. */
  isTitled(title: string): Promise<void> {
    return this.page.evaluate<void>(`new Promise((resolve, reject) => {
      const look = () => document.title === ${JSON.stringify(title)} && resolve();
      new MutationObserver(look).observe(document.querySelector('title'), { childList: true });
      look();
      setTimeout(() => reject(new Error('the title is ' + document.title)), 15_000);
    })`);
  }

  /** As if another tab of the window were in front of this one, or this one again. */
  async isShown(shown: boolean): Promise<void> {
    const value = shown ? 'visible' : 'hidden';
    await this.page.evaluate(`
      Object.defineProperty(document, 'visibilityState', { value: '${value}', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    `);
  }

  /** What the server was told that was read. */
  async hasRead(): Promise<void> {
    await this.page.waitForResponse((answer) => answer.url().endsWith('/read') && answer.status() === 204);
  }

  hasFocus(locator: Locator): Promise<void> {
    return locator.and(this.page.locator(':focus')).waitFor();
  }

  async width(): Promise<number> {
    return this.page.evaluate<number>('document.documentElement.scrollWidth');
  }

  private hear(payload: string): void {
    const { message_type: type, reason } = JSON.parse(payload) as { message_type: string; reason: string };
    if (type === 'RESYNC') this.resyncs.push(reason);
  }
}
