import { readFileSync } from 'node:fs';
import { PHONE, Stage } from './support/stage';
import type { Tab } from './support/tab';

/** Where a copy of axe-core's axe.js is, to have it look at each state of the page, too; it is no dependency. */
const { AXE_CORE } = process.env;

const LONG_NAME = 'A channel with quite a long name, that no phone can show';

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** Nothing to complain of, and nothing that goes over the edge. */
async function isFine(tab: Tab): Promise<void> {
  const { width } = tab.page.viewportSize()!;
  expect(await tab.width()).toBeLessThanOrEqual(width);
  if (AXE_CORE) expect(await complaints(tab, AXE_CORE)).toEqual([]);
}

async function complaints(tab: Tab, axePath: string): Promise<string[]> {
  await tab.page.evaluate(readFileSync(axePath, 'utf8'));
  const violations = await tab.page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}

describe('the page of the example, for everyone', () => {
  const stage = new Stage();

  beforeAll(() => stage.open(), 120_000);
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  it('works with the keyboard alone', async () => {
    const ana = await stage.tab();
    const { keyboard } = ana.page;
    await keyboard.type('Ana');
    await keyboard.press('Enter');
    await ana.isIn('Lobby');
    await ana.isLive();
    await ana.at('channel-name').focus();
    await keyboard.type('Weekend');
    await keyboard.press('Enter');
    await ana.isIn('Weekend');
    await ana.hasFocus(ana.at('draft'));
    for (const line of ['Who comes along', 'to the lake', 'on Saturday?']) {
      await keyboard.type(line);
      await keyboard.press('Enter');
      await ana.sees(line);
    }

    await keyboard.press('ArrowUp');
    await ana.hasFocus(ana.at('edit-draft'));
    expect(await ana.at('edit-draft').inputValue()).toBe('on Saturday?');
    await keyboard.press('Escape');
    await ana.hasFocus(ana.at('draft'));

    await keyboard.press('Shift+Tab');
    await ana.hasFocus(ana.page.getByRole('log', { name: 'Messages' }));
    await keyboard.press('ArrowUp');
    await keyboard.press('ArrowUp');
    await ana.hasFocus(ana.message('to the lake'));
    await keyboard.press('Tab');
    await ana.hasFocus(ana.page.getByRole('button', { name: 'Edit: to the lake' }));
    await keyboard.press('Enter');
    await ana.hasFocus(ana.at('edit-draft'));
    await keyboard.type(' and back');
    await keyboard.press('Enter');
    await ana.sees('to the lake and back');
    await ana.hasFocus(ana.at('draft'));

    await keyboard.press('Shift+Tab');
    await keyboard.press('End');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await ana.hasFocus(ana.page.getByRole('button', { name: 'Keep' }));
    await keyboard.press('Escape');
    await ana.hasFocus(ana.page.getByRole('button', { name: 'Delete: on Saturday?' }));
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await ana.at('deleted').waitFor();
    await ana.hasFocus(ana.at('draft'));
  });

  it('keeps the focus where it is when the list around it is drawn anew', async () => {
    const [ana, bruno] = await stage.twoIn('Focus');
    await ana.say('First');
    await ana.goTo('Lobby');
    await ana.link('Focus').focus();
    await bruno.say('Second');
    await ana.unreadOf('Focus').getByText('1', { exact: true }).waitFor();
    await ana.hasFocus(ana.link('Focus'));
    await ana.page.keyboard.press('Enter');
    await ana.isIn('Focus');

    await ana.message('First').getByTestId('edit').focus();
    await ana.page.evaluate(`fetch('/messages/' + document.activeElement.closest('li').dataset.key, {
      method: 'PATCH',
      headers: {
        authorization: 'Bearer ' + JSON.parse(sessionStorage.getItem('live-messages')).token,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ content: 'First of all' }),
    })`);
    await ana.message('First of all').getByTestId('edited').waitFor();
    await ana.hasFocus(ana.message('First of all').getByTestId('edit'));
  });

  it('says to a screen reader who wrote each message, and what is new where', async () => {
    const [ana, bruno] = await stage.twoIn('Voices');
    await ana.say('One');
    await ana.say('Two');
    await bruno.sees('Two');
    expect(await bruno.message('Two').getByText('Ana:').count()).toBe(1);
    await bruno.page.locator('#log[aria-live=polite]').waitFor();
    await bruno.goTo('Lobby');
    await ana.say('Three');
    await bruno.page.getByRole('status').getByText('New messages in Voices').waitFor({ state: 'attached' });
    await ana.page.getByRole('list', { name: 'Online' }).getByText('Bruno').waitFor();
    await ana.page.getByRole('navigation', { name: 'Channels' }).waitFor();
    await ana.page.getByRole('complementary', { name: 'Who is in this channel' }).waitFor();
    await ana.page.getByRole('main').getByRole('heading', { name: 'Voices', level: 1 }).waitFor();
  });

  it('moves nothing for who wants it so', async () => {
    const ana = await stage.tab({ reducedMotion: 'reduce' });
    await ana.at('name').waitFor();
    expect(await ana.page.evaluate<number>('document.getAnimations().length')).toBe(0);
  });

  it.each(['light', 'dark'] as const)(
    'is readable and fits, on a phone and on a desk, when it is %s',
    async (colorScheme) => {
      const phone = await stage.tab({ ...PHONE, colorScheme, reducedMotion: 'reduce' });
      const desk = await stage.tab({ colorScheme, reducedMotion: 'reduce' });
      await Promise.all([phone, desk].map(isFine));
      await phone.comeInAs('Bartholomew-Maximilian von und zu Hohenf');
      await phone.at('members-summary').getByText('1 online').waitFor();
      await isFine(phone);
      await desk.comeInAs('Ana');
      await desk.makeChannel(LONG_NAME);
      await phone.join(LONG_NAME);
      await desk.say(`Mind the gap ${'x'.repeat(300)}`);
      await desk.say('Nothing');
      await phone.sees('Nothing');
      await phone.say(`https://example.org/${'path/'.repeat(40)}`);
      await phone.say('Never mind');
      await desk.message('Nothing').hover();
      await desk.message('Nothing').getByTestId('delete').click();
      await isFine(desk);
      await desk.at('confirm-delete').click();
      await phone.at('deleted').waitFor();
      await phone.message('Never').tap();
      await isFine(phone);
      await phone.message('Never').getByTestId('edit').tap();
      await isFine(phone);
      await phone.page.keyboard.press('Escape');
      await phone.at('members-open').tap();
      await phone.member('Ana', true).waitFor();
      await isFine(phone);
      await phone.at('members-close').tap();
      await phone.seesChannels();
      await desk.message('Mind the gap').hover();
      await desk.say('Are you still there?');
      await phone.unreadOf(LONG_NAME).waitFor();
      await isFine(phone);
      await desk.message('Mind the gap').hover();
      await isFine(desk);
      await phone.goTo(LONG_NAME);
      await phone.at('new-line').waitFor();
      await isFine(phone);
      await phone.page.context().close();
      await desk.member('Barth', false).waitFor();
      await isFine(desk);
    },
  );
});
