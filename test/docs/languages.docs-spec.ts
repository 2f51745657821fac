import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LogUnavailableError, MemoryEventLog, topic } from 'nestjs-live-messages';
import { PAGES, blocksOf } from '../support/doc-blocks';
import { addressed } from '../support/doc-run';
import { HostSetup } from '../support/host';
import { resume } from '../support/resumable';
import { messageRow } from '../support/rows';
import { tokenOf } from '../support/tokens';
import { WatchedHost, startWatchedHost } from '../support/watched-host';
import { ENV, LANGUAGES } from './languages';

/** A page's client in a process of its own. */
class Program {
  /** How its next fetches end; well, when nothing is said. */
  readonly fetches: 'fail'[] = [];
  private readonly lines: string[] = [];
  private taken = 0;
  private readonly child: ChildProcess;
  private errors = '';

  constructor(command: readonly string[], cwd: string, token: () => string) {
    this.child = spawn(command[0]!, command.slice(1), { cwd, env: ENV });
    this.child.stderr!.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    createInterface(this.child.stdout!).on('line', (line) => {
      this.lines.push(line);
      if (line === 'TOKEN') this.child.stdin!.write(`${token()}\n`);
      if (line === 'FETCH') this.child.stdin!.write(`${this.fetches.shift() ?? 'ok'}\n`);
      this.child.emit('heard');
    });
  }

  /** The next thing that it does besides asking for tokens. */
  async next(): Promise<string> {
    for (;;) {
      while (this.taken >= this.lines.length) {
        if (this.child.exitCode !== null) throw new Error(`it has ended: ${this.errors}`);
        await Promise.race([once(this.child, 'heard'), once(this.child, 'close')]);
      }
      const line = this.lines[this.taken++]!;
      if (line !== 'TOKEN') return line;
    }
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

const all = PAGES.flatMap((page) => blocksOf(page));
const blocks = LANGUAGES.flatMap((language) =>
  all.filter(({ language: fence }) => fence === language.fence).map((block) => ({ language, block })),
);

it('every block in another language has its tools here', () => {
  // What a user of Redis may do, test/redis-access runs; the proxies are test/deploy's.
  const elsewhere = ['ts', 'tsx', 'js', 'json', 'sh', 'yaml', 'redis', 'nginx', 'haproxy'];
  const others = all.filter(({ language }) => !elsewhere.includes(language));
  expect(blocks.map(({ block }) => block)).toEqual(expect.arrayContaining(others));
  const missing = LANGUAGES.filter((language) => !language.isInstalled()).flatMap(({ packages }) => packages);
  if (missing.length > 0) console.warn(`Not run, for want of Debian's ${missing.join(', ')}`);
  if (process.env.CI) expect(missing).toEqual([]);
});

describe.each(blocks)('$block.page: $block.name', ({ language, block }: (typeof blocks)[number]) => {
  const runs = language.isInstalled() ? it : it.skip;
  const folder = mkdtempSync(join(tmpdir(), 'live-docs-'));
  let host: WatchedHost;
  let program: Program | undefined;

  afterEach(async () => {
    program?.kill();
    await host.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function start(setup: HostSetup = {}, token = () => tokenOf('ann')): Promise<Program> {
    host = await startWatchedHost(setup);
    host.source.put('ann', topic('CHANNEL', 'general'));
    const command = language.prepare(folder, addressed(block, host));
    program = new Program(command, folder, token);
    await connected();
    return program;
  }
  const connected = async () => {
    while (host.registry.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const say = (content: string) => host.live.message(messageRow('general', { content }));
  async function drop(): Promise<void> {
    host.ends.at(-1)!.destroy();
    while (host.registry.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  runs('loses nothing over drops, and nothing comes twice', async () => {
    const client = await start();
    for (const round of ['1', '2', '3']) {
      await connected();
      await say(`live ${round}`);
      expect(await client.next()).toBe(`EVENT live ${round}`);
      await drop();
      await say(`away ${round}`);
      expect(await client.next()).toBe(`EVENT away ${round}`);
    }
  });

  runs('fetches when what it missed is gone, again when that fails, and resumes after that', async () => {
    const client = await start({ options: { history: false } });
    client.fetches.push('fail');
    let heard = '';
    // It may be back before the event is said.
    while (heard !== 'FETCH') {
      await connected();
      await drop();
      await say('lost');
      heard = await client.next();
      expect(['EVENT lost', 'FETCH']).toContain(heard);
    }
    // With the cursor that it kept.
    expect(await client.next()).toBe('FETCH');
    await say('after');
    expect(await client.next()).toBe('EVENT after');
  });

  runs('fetches what was refused, and goes on', async () => {
    const log = new MemoryEventLog();
    const client = await start({ options: { log } });
    const append = jest
      .spyOn(log, 'append')
      .mockRejectedValueOnce(new LogUnavailableError('refused', 'full'));
    await expect(say('refused')).rejects.toThrow();
    append.mockRestore();
    await say('taken');
    const next = [await client.next(), await client.next()];
    expect(next.sort()).toEqual(['EVENT taken', 'FETCH']);
    await drop();
    await say('away');
    expect(await client.next()).toBe('EVENT away');
  });

  runs('asks for a new token when it is sent away with 3000, and stops when that is refused', async () => {
    let token = tokenOf('ann');
    const client = await start({}, () => token);
    await host.live.disconnect({ userId: 'ann' });
    await connected();
    await say('back');
    expect(await client.next()).toBe('EVENT back');
    token = 'nonsense';
    await host.live.disconnect({ userId: 'ann' });
    expect(await client.next()).toMatch(/^END.*3000.*token invalid/);
  });

  runs('stops where coming back does not help', async () => {
    const client = await start({ options: { limits: { connectionsPerUser: 1 } } });
    await resume(host, 'ann');
    expect(await client.next()).toMatch(/^END.*4001/);
  });
});
