import { Stage } from './support/stage';
import type { Tab } from './support/tab';
import type { Writer } from './support/writer';

const MANY = 1_000;

describe('the page of the example, coming back', () => {
  const stage = new Stage();
  let ana: Tab;
  let bruno: Tab;
  let carla: Writer;
  let channelId: string;

  beforeAll(() => stage.open(), 120_000);
  beforeEach(async () => {
    [ana, bruno] = await stage.twoIn('Harbour');
    ({ channelId } = ana);
    carla = await stage.writer('Carla');
    await carla.join(channelId);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  async function post(from: number, to: number): Promise<string[]> {
    const ids: string[] = [];
    for (let n = from; n <= to; n++) ids.push(await carla.post(channelId, `Line ${n}`));
    return ids;
  }

  async function bothShowTheSame(timeout?: number): Promise<void> {
    const lines = await stage.linesOf(channelId);
    await Promise.all([ana, bruno].map((tab) => tab.showsLines(lines, timeout)));
  }

  it('after an absence inside the window: with all that was written, edited and deleted, without a fetch', async () => {
    const before = await post(1, 4);
    await bruno.sees('Line 4');
    await bruno.isOffline(true);
    expect(await bruno.at('connection').textContent()).toBe('Offline');
    const meanwhile = await post(5, 204);
    for (const id of [before[0]!, meanwhile[10]!, meanwhile[10]!, meanwhile[199]!]) {
      await carla.edit(id, `Corrected: ${id}`);
    }
    for (const id of [before[1]!, meanwhile[20]!, meanwhile[10]!]) await carla.delete(id);

    const fetched: string[] = [];
    bruno.page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
    await bruno.isOffline(false);
    await bothShowTheSame();
    expect((await bruno.lines()).length).toBe(204);
    expect(fetched.filter((path) => path.endsWith('/messages') || path === '/channels')).toEqual([]);
    expect([ana.resyncs, bruno.resyncs]).toEqual([[], []]);
    expect(bruno.sockets).toHaveLength(2);
  });

  it('after the link broke, again and again, while others write: without a fetch, and nothing twice', async () => {
    const breaking = setInterval(() => stage.breakConnections(), 700);
    for (let n = 1; n <= 60; n++) await persistently(() => carla.post(channelId, `Line ${n}`), n);
    clearInterval(breaking);
    await bothShowTheSame();
    expect((await ana.lines()).length).toBe(60);
    expect([ana.resyncs, bruno.resyncs]).toEqual([[], []]);
    expect(ana.sockets.length).toBeGreaterThan(1);
    // The browser complains of requests that were under way.
    for (const tab of [ana, bruno]) tab.errors.length = 0;
  });

  it('after one was offline, the server restarted and a thousand messages were written: both fetch once', async () => {
    await post(1, 300);
    await bruno.sees('Line 300');
    await bruno.isOffline(true);
    let last = 300;
    const written = (async () => {
      for (let n = 301; n <= MANY; n++) {
        await persistently(() => carla.post(channelId, `Line ${n}`), n);
        last = n;
      }
    })();
    const hasWritten = async (n: number) => {
      while (last < n) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await hasWritten(350);
    await stage.app.close();
    await stage.startServer();
    await ana.isLive();
    await hasWritten(700);
    await bruno.isOffline(false);
    await written;

    await bothShowTheSame(60_000);
    const contents = (await ana.lines()).map((line) => line.slice(line.indexOf('Line')));
    expect(contents).toEqual(Array.from({ length: MANY }, (_, index) => `Line ${index + 1}`));
    expect([ana.resyncs, bruno.resyncs]).toEqual([['HISTORY_LOST'], ['HISTORY_LOST']]);
    // While the server was away its port refused; the browser says so in the console.
    for (const tab of [ana, bruno]) tab.errors.length = 0;
  }, 180_000);

  /** Writes a line until it is there. An answer that was lost may have been to a line that was written. */
  async function persistently(write: () => Promise<unknown>, n: number): Promise<void> {
    for (;;) {
      try {
        await write();
        return;
      } catch {
        const lines = await stage.linesOf(channelId);
        if (lines.some((line) => line.endsWith(` Line ${n}`))) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  it('keeps the place in a list that was paged back when it has to fetch', async () => {
    await stage.query(
      `insert into messages (channel_id, user_id, content, date_created)
       select $1, c.made_by, 'Entry ' || n, timestamp '2024-09-09 14:06:11' + n * interval '1 minute'
       from channels c, generate_series(1, 160) n where c.id = $1`,
      [channelId],
    );
    await bruno.page.reload();
    await bruno.sees('Entry 160');
    await bruno.at('earlier').click();
    await bruno.sees('Entry 61');
    const entry70 = bruno.message('Entry 70').getByTestId('content');
    await entry70.scrollIntoViewIfNeeded();
    const before = await entry70.boundingBox();
    await stage.app.close();
    await stage.query(`update messages set content = 'Entry 65, corrected' where content = 'Entry 65'`);
    await stage.query(
      `update messages set date_updated = date_updated + interval '1 second' where content like '%corrected'`,
    );
    await stage.startServer();
    await bruno.sees('Entry 65, corrected');
    expect(bruno.resyncs).toEqual(['HISTORY_LOST']);
    expect(await bruno.at('message').first().textContent()).toContain('Entry 61');
    expect(Math.abs((await entry70.boundingBox())!.y - before!.y)).toBeLessThan(2);
    for (const tab of [ana, bruno]) tab.errors.length = 0;
  });

  it('shows no message out of its place: what changes above the list is seen when that part is loaded', async () => {
    const [first] = await post(1, 60);
    await bruno.page.reload();
    await bruno.sees('Line 60');
    expect(await bruno.at('message').count()).toBe(50);
    await carla.edit(first!, 'Line 1, corrected');
    await carla.post(channelId, 'The end');
    await bruno.sees('The end');
    expect(await bruno.at('message').count()).toBe(51);
    await bruno.at('earlier').click();
    await bruno.sees('Line 1, corrected');
    await bruno.showsLines(await stage.linesOf(channelId));
  });
});
