import { PHONE, Stage } from './support/stage';

describe('who is online, on the page of the example', () => {
  const stage = new Stage();

  beforeAll(() => stage.open(), 120_000);
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  it('shows who comes, and a little later who has gone', async () => {
    const ana = await stage.user('Ana');
    await ana.member('Ana', true).getByText('you').waitFor();
    const bruno = await stage.user('Bruno');
    await ana.member('Bruno', true).waitFor();
    await bruno.member('Ana', true).waitFor();
    await bruno.page.close();
    await ana.member('Bruno', false).waitFor();
    await ana.page.getByRole('list', { name: 'Offline' }).getByText('Bruno').waitFor();
  });

  it('stays calm when a page is loaded anew', async () => {
    const [ana, bruno] = await stage.twoIn('Calm');
    await ana.member('Bruno', true).waitFor();
    await bruno.member('Ana', true).waitFor();
    const fetched: string[] = [];
    ana.page.on('request', (request) => request.url().endsWith('/members') && fetched.push(request.url()));
    await bruno.page.reload();
    await bruno.isLive();
    await bruno.say('Here I am again');
    await ana.sees('Here I am again');
    expect(fetched).toEqual([]);
    expect(await ana.member('Bruno', true).count()).toBe(1);
  });

  it('shows who joins and who leaves the channel', async () => {
    const [ana, bruno] = await stage.twoIn('Doors');
    await ana.member('Bruno', true).waitFor();
    await bruno.at('leave-channel').click();
    await ana.member('Bruno', true).waitFor({ state: 'detached' });
    expect(await ana.at('member').count()).toBe(1);
  });

  it('says on a phone how many are online, and who in a sheet', async () => {
    const ana = await stage.user('Ana', PHONE);
    await stage.user('Bruno');
    await ana
      .at('members-summary')
      .getByText(/^[23] online$/)
      .waitFor();
    expect(await ana.at('members').isVisible()).toBe(false);
    await ana.at('members-open').click();
    await ana.member('Bruno', true).waitFor();
    await ana.page.keyboard.press('Escape');
    await ana.at('members').waitFor({ state: 'hidden' });
    await ana.hasFocus(ana.at('members-open'));
    expect(await ana.width()).toBe(360);
  });

  it('moves from the sheet to the side when the screen becomes wide', async () => {
    const ana = await stage.user('Ana', { viewport: { width: 800, height: 600 } });
    await ana.at('members-open').click();
    await ana.member('Ana', true).waitFor();
    await ana.page.setViewportSize({ width: 1200, height: 700 });
    await ana.page.getByRole('complementary').getByText('you').waitFor();
    expect(await ana.page.getByRole('dialog').count()).toBe(0);
  });
});
