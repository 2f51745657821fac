import { LiveEventsService } from 'nestjs-live-messages';
import { PHONE, Stage } from './support/stage';

describe('the page of the example', () => {
  const stage = new Stage();

  beforeAll(() => stage.open(), 120_000);
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  it('lets two tabs talk, edit and delete, and shows who types', async () => {
    const [ana, bruno] = await stage.twoIn('Garden');
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
    await ana.at('edit-draft').fill('The tomatoes are ripe, and the figs');
    await ana.at('edit-draft').press('Enter');
    await bruno.message('and the figs').getByTestId('edited').waitFor();
    await ana.hasFocus(ana.at('draft'));

    expect(await bruno.message('and the figs').getByTestId('edit').count()).toBe(0);
    await bruno.message('On my way').hover();
    await bruno.message('On my way').getByTestId('delete').click();
    await bruno.at('confirm-delete').click();
    await ana.at('deleted').waitFor();
    expect(await ana.at('message').count()).toBe(2);
  });

  it('begins in a lobby, where everyone who comes in is', async () => {
    const ana = await stage.tab();
    await ana.at('name').fill('Newcomer Ana');
    await ana.at('enter').click();
    await ana.isIn('Lobby');
    await ana.hasFocus(ana.at('draft'));
    const bruno = await stage.user('Newcomer Bruno', PHONE);
    await ana.say('Is anybody here?');
    await bruno.sees('Is anybody here?');
  });

  it('opens a second tab as somebody else, although the first one has a name', async () => {
    const ana = await stage.user('Ana');
    const link = ana.page.getByRole('link', { name: 'Open a second tab as somebody else' });
    const [second] = await Promise.all([ana.page.context().waitForEvent('page'), link.click()]);
    await second.getByTestId('name').waitFor();
    expect(await second.evaluate<number>('sessionStorage.length')).toBe(0);
  });

  it('shows a new channel and a new name in an open page', async () => {
    const ana = await stage.user('Ana');
    const carla = await stage.user('Carla');
    await carla.makeChannel('Kitchen');
    await ana.join('Kitchen');
    await carla.say('Soup?');
    await ana.message('Soup?').getByTestId('author').filter({ hasText: 'Carla' }).waitFor();
    await ana.at('leave-channel').click();
    await ana.page.getByRole('button', { name: 'Join Kitchen', exact: true }).waitFor();
    await ana.isTitled('Live messages');
  });

  it('fetches a new token and comes back when the server disconnects it', async () => {
    const ana = await stage.user('Ana');
    const renewed = ana.page.waitForResponse('**/auth/token');
    const [{ id: userId } = { id: '' }] = await stage.query<{ id: string }>(
      "select id from users where username = 'Ana'",
    );
    await stage.app.get(LiveEventsService, { strict: false }).disconnect({ userId });
    expect((await renewed).status()).toBe(201);
    await ana.isLive();
  });

  it('stops when the chat was opened elsewhere, and connects again when asked to', async () => {
    const ana = await stage.tab();
    let attempts = 0;
    await ana.page.routeWebSocket(/\/ws/, (socket) => {
      if (++attempts === 1) void socket.close({ code: 4001, reason: 'replaced' });
      else socket.connectToServer();
    });
    await ana.at('name').fill('Ana');
    await ana.at('enter').click();
    await ana.at('closed').filter({ hasText: 'opened elsewhere' }).waitFor();
    await ana.at('reconnect').click();
    await ana.isLive();
    expect(await ana.at('closed').isVisible()).toBe(false);
  });

  it('says so when a message can not be posted or edited, and keeps what was written', async () => {
    const ana = await stage.user('Ana');
    await ana.say('Is anybody there?');
    const refuse = { status: 409, json: { message: 'Too busy' } };
    await ana.page.route('**/messages/*', (route) => route.fulfill(refuse));
    await ana.page.route('**/messages', (route) => route.fulfill(refuse));
    await ana.at('draft').fill('Nobody?');
    await ana.at('draft').press('Enter');
    await ana.at('notice').filter({ hasText: 'Too busy' }).waitFor();
    expect(await ana.at('draft').inputValue()).toBe('Nobody?');

    await ana.message('Is anybody').last().hover();
    await ana.message('Is anybody').last().getByTestId('edit').click();
    await ana.at('edit-draft').fill('Is anybody here?');
    await Promise.all([ana.page.waitForResponse('**/messages/*'), ana.at('edit-draft').press('Enter')]);
    await ana.at('save').and(ana.page.locator(':enabled')).waitFor();
    expect(await ana.at('edit-draft').inputValue()).toBe('Is anybody here?');
    // The browser itself complains of a refused request.
    ana.errors.length = 0;
  });

  it('keeps a draft for each channel', async () => {
    const ana = await stage.user('Ana');
    await ana.makeChannel('Letters');
    await ana.at('draft').fill('Dear all,');
    await ana.makeChannel('Numbers');
    expect(await ana.at('draft').inputValue()).toBe('');
    await ana.page.goBack();
    await ana.isIn('Letters');
    expect(await ana.at('draft').inputValue()).toBe('Dear all,');
  });

  it('starts anew when the server has forgotten everyone', async () => {
    const ana = await stage.user('Ana');
    await ana.makeChannel('Forgotten');
    await Promise.all([ana.isConnection('waiting'), stage.stopAndForget()]);
    const reloaded = ana.page.waitForEvent('load', { timeout: 45_000 });
    await stage.startServer();
    await reloaded;
    await ana.isLive();
    expect(await ana.at('my-name').textContent()).toBe('Ana');
    await ana.link('Lobby').waitFor();
    expect(await ana.at('channel').count()).toBe(1);
    await ana.makeChannel('Remembered');
    await ana.say('Hello again');
    // While the server was away its port refused; the browser says so in the console.
    ana.errors.length = 0;
  });
});
