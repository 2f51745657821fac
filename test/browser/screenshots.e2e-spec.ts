import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PHONE, Stage } from './support/stage';
import type { Tab } from './support/tab';

/**
 * The pictures of the README: `SCREENSHOTS_DIR=docs/images npm run test:browser -- screenshots`. Only then they are
 * taken; what they show is the same each time, but for the system's fonts.
 */
const DIRECTORY = process.env.SCREENSHOTS_DIR ?? '';
const NOW = '2026-05-08T16:12:00Z';
const LOCALE = { locale: 'en-GB', timezoneId: 'UTC' };

// Whose colours, which come from the ids, differ.
const PEOPLE = {
  Ana: '00000000-0000-4000-8000-000000000054',
  Bruno: '00000000-0000-4000-8000-000000000020',
  Carla: '00000000-0000-4000-8000-000000000021',
  Dmitri: '00000000-0000-4000-8000-000000000046',
  Elif: '00000000-0000-4000-8000-000000000049',
} as const;
type Name = keyof typeof PEOPLE;

interface Line {
  readonly by: Name;
  readonly at: string;
  readonly content: string;
  readonly edited?: true;
}

const WEEKEND: readonly Line[] = [
  { by: 'Bruno', at: '15:58', content: 'Who comes along to the lake on Saturday? 🌊' },
  { by: 'Carla', at: '16:01', content: 'Me! I bring the boat' },
  { by: 'Carla', at: '16:01', content: 'and the cake that my grandmother taught me to make' },
  { by: 'Ana', at: '16:04', content: 'Then I come for the cake 😄' },
  { by: 'Ana', at: '16:04', content: 'Ten o’clock at the pier?' },
  { by: 'Bruno', at: '16:08', content: 'Half past nine, the wind is better early', edited: true },
  { by: 'Carla', at: '16:10', content: 'I bake tonight. Three of us, or is somebody else coming?' },
  { by: 'Bruno', at: '16:11', content: 'Ana, don’t forget your hat this time' },
];
const KITCHEN: readonly Line[] = [
  { by: 'Elif', at: '15:20', content: 'The oven works again' },
  { by: 'Dmitri', at: '15:22', content: 'Finally' },
  { by: 'Elif', at: '15:23', content: 'Soup at seven' },
];

(DIRECTORY ? describe : describe.skip)('the pictures of the README', () => {
  const stage = new Stage();

  beforeAll(async () => {
    mkdirSync(DIRECTORY, { recursive: true });
    await stage.open();
  }, 120_000);
  beforeEach(async () => {
    for (const [name, id] of Object.entries(PEOPLE)) {
      await stage.query('insert into users (id, username) values ($1, $2)', [id, name]);
    }
    await stage.query('insert into members (channel_id, user_id) select c.id, u.id from channels c, users u');
    await channel('Book club', ['Elif'], []);
    await channel('Garden', ['Ana', 'Bruno'], []);
    await channel('Kitchen', ['Ana', 'Dmitri', 'Elif'], KITCHEN);
    await channel('Weekend', ['Ana', 'Bruno', 'Carla', 'Dmitri', 'Elif'], WEEKEND, '16:09');
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  /** @param readUntil when all but their authors have last looked */
  async function channel(
    name: string,
    members: readonly Name[],
    lines: readonly Line[],
    readUntil = '15:00',
  ) {
    const made = await stage.query<{ id: string }>(
      'insert into channels (name, made_by) values ($1, $2) returning id',
      [name, PEOPLE[members[0]!]],
    );
    const id = made[0]!.id;
    for (const member of members) {
      await stage.query('insert into members (channel_id, user_id, date_read) values ($1, $2, $3)', [
        id,
        PEOPLE[member],
        timeOf(readUntil),
      ]);
    }
    for (const [index, { by, at, content, edited }] of lines.entries()) {
      const date = `${timeOf(at)}.${String(index).padStart(3, '0')}`;
      await stage.query(
        `insert into messages (channel_id, user_id, content, date_created, date_updated)
         values ($1, $2, $3, $4, $4::timestamp + $5 * interval '1 second')`,
        [id, PEOPLE[by], content, date, edited ? 1 : 0],
      );
    }
  }

  function timeOf(clock: string): string {
    return `${NOW.slice(0, 10)} ${clock}:00`;
  }

  async function seenBy(name: Name, options: object): Promise<Tab> {
    const tab = await stage.tab({ ...LOCALE, ...options });
    await tab.page.clock.setFixedTime(NOW);
    await tab.comeInAs(name);
    await tab.goTo('Weekend');
    return tab;
  }

  async function shoot(tab: Tab, name: string): Promise<void> {
    await tab.page.screenshot({ path: join(DIRECTORY, `${name}.png`), animations: 'disabled' });
  }

  it('shows a conversation on a wide screen, in the light and in the dark', async () => {
    const bruno = await seenBy('Bruno', {});
    const carla = await seenBy('Carla', {});
    const ana = await seenBy('Ana', { viewport: { width: 1160, height: 740 }, deviceScaleFactor: 1.25 });
    await bruno.sees('this time');
    await ana.member('Carla', true).waitFor();
    await ana.member('Elif', false).waitFor();
    await ana.message('Ten o’clock').hover();
    await carla.at('draft').pressSequentially('B');
    await ana.at('typing').filter({ hasText: 'Carla is typing' }).waitFor();
    await shoot(ana, 'chat-light');
    await ana.page.mouse.move(0, 0);
    await ana.page.emulateMedia({ colorScheme: 'dark' });
    await carla.page.clock.setFixedTime('2026-05-08T16:13:00Z');
    await carla.at('draft').pressSequentially('u');
    await ana.at('typing').filter({ hasText: 'Carla is typing' }).waitFor();
    await shoot(ana, 'chat-dark');
  });

  it('shows it on a phone', async () => {
    await seenBy('Bruno', {});
    await seenBy('Carla', {});
    const ana = await seenBy('Ana', { ...PHONE, deviceScaleFactor: 2 });
    await ana.at('members-summary').getByText('3 online').waitFor();
    await ana.sees('this time');
    await ana.page.mouse.move(0, 0);
    await shoot(ana, 'chat-phone');
  });
});
