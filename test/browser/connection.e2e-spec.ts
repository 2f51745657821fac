import { JwtService } from '@nestjs/jwt';
import type { Route } from 'playwright-core';
import { Stage } from './support/stage';
import type { Tab } from './support/tab';

describe('the connection of the example’s page', () => {
  const stage = new Stage();

  beforeAll(() => stage.open(), 120_000);
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  /** What the page says of its connection from now on. */
  async function saidBy(tab: Tab): Promise<() => Promise<string[]>> {
    await tab.page.evaluate(`
      window.said = [];
      new MutationObserver(() => said.push(document.getElementById('connection').dataset.state))
        .observe(document.getElementById('connection'), { attributeFilter: ['data-state'] });
    `);
    return () => tab.page.evaluate<string[]>('said');
  }

  it('begins where the page’s own fetches end: what was written in between is there', async () => {
    const [ana, bruno] = await stage.twoIn('Threshold');
    let release = () => undefined as unknown;
    await bruno.page.route('**/users', async (route) => {
      await new Promise<void>((resolve) => (release = resolve));
      await route.continue();
    });
    const fetched = bruno.page.waitForResponse('**/messages');
    await bruno.page.reload({ waitUntil: 'commit' });
    await (await fetched).finished();
    const opened = bruno.sockets.length;
    await ana.say('Written in between');
    expect(bruno.sockets).toHaveLength(opened);
    release();
    await bruno.sees('Written in between');
    expect(bruno.resyncs).toEqual([]);
  });

  it('is there again, with what was missed, when Back brings the page from the back-forward cache', async () => {
    const [ana, bruno] = await stage.twoIn('Shelf');
    await bruno.page.evaluate(
      `addEventListener('pageshow', ({ persisted }) => (window.persisted = persisted))`,
    );
    await bruno.page.goto('about:blank');
    await ana.say('While you were elsewhere');
    // A page that comes from there is not loaded.
    await bruno.page.goBack({ waitUntil: 'commit' });
    await bruno.isLive();
    await bruno.sees('While you were elsewhere');
    expect(await bruno.page.evaluate('window.persisted')).toBe(true);
    expect(bruno.resyncs).toEqual([]);
    await bruno.say('Here I am again');
    await ana.sees('Here I am again');
  });

  it('stays while the tab is hidden, and is the same when the tab is shown', async () => {
    const [ana, bruno] = await stage.twoIn('Curtain');
    await bruno.isShown(false);
    await ana.say('While you were away');
    await bruno.sees('While you were away');
    await bruno.isTitled('(1) Curtain');
    await bruno.isShown(true);
    await bruno.isTitled('Curtain');
    await ana.say('And now');
    await bruno.sees('And now');
    expect(bruno.sockets.map((socket) => socket.isClosed())).toEqual([false]);
  });

  it('is replaced before its token ends, so that nobody notices', async () => {
    const ana = await stage.user('Ana');
    const bruno = await stage.tab();
    await bruno.page.route('**/auth/token', endingSoon, { times: 2 });
    await bruno.comeInAs('Bruno');
    const said = await saidBy(bruno);
    const before = bruno.sockets.at(-1)!;
    const [renewed, next] = await Promise.all([
      bruno.page.waitForResponse('**/auth/token'),
      bruno.page.waitForEvent('websocket'),
    ]);
    expect(renewed.status()).toBe(201);
    if (!before.isClosed()) await before.waitForEvent('close');
    await ana.say('Still there?');
    await bruno.sees('Still there?');
    expect(next.isClosed()).toBe(false);
    expect(await said()).toEqual([]);
    expect(bruno.resyncs).toEqual([]);
  });

  /** The page asks for another token at once, and takes what it gets. */
  async function endingSoon(route: Route): Promise<void> {
    const response = await route.fetch();
    const body = (await response.json()) as { token: string; user_id: string };
    const jwt = stage.app.get(JwtService, { strict: false });
    const token = await jwt.signAsync({}, { subject: body.user_id, expiresIn: 20 });
    await route.fulfill({ response, json: { ...body, token } });
  }

  it('leads to the door when the server takes no token of this name any more', async () => {
    const ana = await stage.user('Ana');
    await ana.page.routeWebSocket(/\/ws/, (socket) => socket.close({ code: 3000, reason: 'token revoked' }));
    const renewed = ana.page.waitForResponse('**/auth/token');
    await ana.page.reload();
    expect((await renewed).status()).toBe(201);
    await ana.at('notice').filter({ hasText: 'signed out' }).waitFor();
    await ana.hasFocus(ana.at('name'));
    expect(await ana.at('name').inputValue()).toBe('Ana');
    expect(await ana.page.evaluate<number>('sessionStorage.length')).toBe(0);
  });

  it('begins as soon as the server answers, when it did not at first', async () => {
    const ana = await stage.user('Ana');
    let attempts = 0;
    await ana.page.route('**/channels', (route) => {
      if (++attempts < 3) return route.fulfill({ status: 503 });
      return route.continue();
    });
    await ana.page.reload();
    await ana.isLive();
    await ana.say('At last');
    expect(attempts).toBe(3);
    // The browser itself complains of a refused request.
    ana.errors.length = 0;
  });
});
