import type { Locator, Page } from 'playwright-core';

/** One tab of one user, and what its console said. */
export class Tab {
  readonly errors: string[] = [];

  constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (line) => line.type() === 'error' && this.errors.push(line.text()));
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
    return this.page.locator('[data-testid=connection][data-state=live]').waitFor({ state: 'attached' });
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
}
