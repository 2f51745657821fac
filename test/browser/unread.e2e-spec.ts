import { PHONE, Stage } from './support/stage';

describe('what was not read, on the page of the example', () => {
  const stage = new Stage();

  beforeAll(() => stage.open(), 120_000);
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  it('marks another channel with the number of new messages, until it is opened', async () => {
    const [ana, bruno] = await stage.twoIn('Garden');
    await ana.goTo('Lobby');
    await bruno.say('The tomatoes are ripe');
    await ana.unreadOf('Garden').getByText('1', { exact: true }).waitFor();
    await bruno.say('And the figs');
    await ana.unreadOf('Garden').getByText('2', { exact: true }).waitFor();
    await ana.page.getByRole('link', { name: 'Garden 2 unread messages' }).waitFor();
    await ana.isTitled('(2) Lobby');
    expect(await ana.at('news').textContent()).toBe('New messages in Garden');
    expect(await ana.page.locator('#icon').getAttribute('href')).toBe('icon-unread.svg');

    const told = ana.hasRead();
    await ana.goTo('Garden');
    await ana.unreadOf('Garden').waitFor({ state: 'detached' });
    await ana.isTitled('Garden');
    const items = await ana.at('messages').locator('> li').allInnerTexts();
    expect(items.findIndex((text) => text.includes('New messages'))).toBe(1);
    expect(items[2]).toContain('The tomatoes are ripe');

    await told;
    await ana.page.reload();
    await ana.sees('And the figs');
    await ana.isTitled('Garden');
    expect(await ana.at('new-line').count()).toBe(0);
  });

  it('knows after a reload what was not read before it', async () => {
    const [ana, bruno] = await stage.twoIn('Letters');
    await ana.goTo('Lobby');
    await bruno.say('You have got mail');
    await ana.unreadOf('Letters').waitFor();
    await ana.page.reload();
    await ana.unreadOf('Letters').getByText('1', { exact: true }).waitFor();
    await ana.isTitled('(1) Lobby');
  });

  it('knows what came while the connection was broken', async () => {
    const [ana, bruno] = await stage.twoIn('Outage');
    await ana.goTo('Lobby');
    await ana.isOffline(true);
    await bruno.say('Lights out');
    await bruno.say('Lights on');
    await ana.isOffline(false);
    await ana.unreadOf('Outage').getByText('2', { exact: true }).waitFor();
    expect(ana.resyncs).toEqual([]);
  });

  it('counts what comes while the tab is hidden, and takes it for read when the tab is seen again', async () => {
    const [ana, bruno] = await stage.twoIn('Night');
    await ana.say('Good night');
    await bruno.sees('Good night');
    await bruno.isShown(false);
    await ana.say('Still awake');
    await ana.say('Very much');
    await bruno.isTitled('(2) Night');
    expect(await bruno.message('Still awake').count()).toBe(1);
    const told = bruno.hasRead();
    await bruno.isShown(true);
    await bruno.isTitled('Night');
    await told;
    expect(await bruno.at('new-line').count()).toBe(1);
    await bruno.say('Me too');
    await bruno.at('new-line').waitFor({ state: 'detached' });
  });

  it('draws no line over what is read as it comes, and counts no message of one’s own', async () => {
    const [ana, bruno] = await stage.twoIn('Dialogue');
    await ana.say('To be');
    await bruno.sees('To be');
    await bruno.say('Or not to be');
    await ana.sees('Or not to be');
    for (const tab of [ana, bruno]) {
      expect(await tab.at('new-line').count()).toBe(0);
      await tab.isTitled('Dialogue');
    }
  });

  it('no longer counts a message that was deleted', async () => {
    const [ana, bruno] = await stage.twoIn('Regrets');
    await ana.goTo('Lobby');
    await bruno.say('I should not say this');
    await ana.unreadOf('Regrets').waitFor();
    await bruno.message('should not').hover();
    await bruno.message('should not').getByTestId('delete').click();
    await bruno.at('confirm-delete').click();
    await ana.unreadOf('Regrets').waitFor({ state: 'detached' });
    await ana.isTitled('Lobby');
  });

  it('pages back through a long channel without moving what is being read, and offers the way to what is new', async () => {
    const [ana, bruno] = await stage.twoIn('Archive');
    await stage.query(
      `insert into messages (channel_id, user_id, content, date_created)
       select c.id, c.made_by, 'Entry ' || n, timestamp '2024-09-09 14:06:11' + n * interval '1 minute'
       from channels c, generate_series(1, 60) n where c.name = 'Archive'`,
    );
    await bruno.page.reload();
    await bruno.sees('Entry 60');
    expect(await bruno.at('message').count()).toBe(50);
    expect(await bruno.at('to-newest').isVisible()).toBe(false);
    const entry11 = bruno.message('Entry 11').getByTestId('content');
    await entry11.scrollIntoViewIfNeeded();
    await bruno.at('to-newest').filter({ hasText: 'Newest' }).waitFor();
    const before = await entry11.boundingBox();
    await bruno.at('earlier').click();
    await bruno.at('message').nth(59).waitFor();
    expect(await bruno.at('message').first().textContent()).toContain('Entry 1');
    expect(Math.abs((await entry11.boundingBox())!.y - before!.y)).toBeLessThan(2);

    await ana.say('A new entry');
    await bruno.at('to-newest').filter({ hasText: '1 new message' }).waitFor();
    await ana.say('And another one');
    await bruno.at('to-newest').filter({ hasText: '2 new messages' }).waitFor();
    await bruno.isTitled('(2) Archive');
    expect(Math.abs((await entry11.boundingBox())!.y - before!.y)).toBeLessThan(2);
    await bruno.at('to-newest').click();
    await bruno.isTitled('Archive');
    expect(await bruno.at('to-newest').isVisible()).toBe(false);
    await bruno.hasFocus(bruno.at('draft'));
    await ana.say('The last one');
    await bruno.sees('The last one');
    await bruno.message('The last one').and(bruno.page.locator(':visible')).waitFor();
    await bruno.isTitled('Archive');
  });

  it('opens a channel with much that is new where that begins', async () => {
    const [ana, bruno] = await stage.twoIn('Novel', PHONE);
    await ana.say('Once upon a time');
    await bruno.sees('Once upon a time');
    await bruno.seesChannels();
    await stage.query(
      `insert into messages (channel_id, user_id, content)
       select c.id, c.made_by, 'Chapter ' || n from channels c, generate_series(1, 40) n where c.name = 'Novel'`,
    );
    await bruno.page.reload();
    await bruno.unreadOf('Novel').getByText('40', { exact: true }).waitFor();
    await bruno.goTo('Novel');
    await bruno.at('new-line').waitFor();
    const [line, log] = [
      await bruno.at('new-line').boundingBox(),
      await bruno.page.locator('#log').boundingBox(),
    ];
    expect(line!.y).toBeGreaterThanOrEqual(log!.y);
    expect(line!.y).toBeLessThan(log!.y + 60);
    await bruno.at('to-newest').filter({ hasText: '40 new messages' }).click();
    await bruno.isTitled('Novel');
  });
});
