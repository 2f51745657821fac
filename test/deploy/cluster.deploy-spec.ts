import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { BROWSER_ARGS } from '../browser/support/stage';
import { Tab } from '../browser/support/tab';
import { ROOT } from '../support/doc-blocks';
import { untilIs } from './support/until';

/** How long all parts may take to come up, in milliseconds. */
const START_MS = 90_000;

/** `npm run start:cluster`, with what was built before. */
class ClusterProcess {
  output = '';
  private readonly child: ChildProcess;
  readonly exit: Promise<number | null>;

  constructor() {
    // A process group of its own, as a terminal makes one.
    this.child = spawn('npm', ['run', '--ignore-scripts', 'start:cluster'], {
      cwd: ROOT,
      detached: true,
      env: { ...process.env, PORT: '0' },
    });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.exit = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** The address that it prints. */
  async url(): Promise<string> {
    const find = () => /Open (http:\S+)/.exec(this.output)?.[1];
    await Promise.race([untilIs(() => find() !== undefined, START_MS), this.exit]);
    const url = find();
    if (url === undefined) throw new Error(this.output);
    return url;
  }

  /** The ids of all its processes. */
  parts(): string[] {
    return descendantsOf(String(this.child.pid));
  }

  /** What a terminal does: it tells everyone in the group. */
  ctrlC(): void {
    if (this.child.exitCode === null) process.kill(-this.child.pid!, 'SIGINT');
  }
}

/** All processes below one, by what /proc says. */
function descendantsOf(pid: string): string[] {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function parentOf(pid: string): string | undefined {
  try {
    // The name before it, in parentheses, may hold anything.
    return /.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    // It is gone.
    return undefined;
  }
}

const commandOf = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
const isRunning = (pid: string) => existsSync(`/proc/${pid}`);

describe('npm run start:cluster', () => {
  let cluster: ClusterProcess;
  let browser: Browser | undefined;
  let tabs: Tab[] = [];

  beforeEach(() => {
    cluster = new ClusterProcess();
  });
  afterEach(async () => {
    await browser?.close();
    browser = undefined;
    tabs = [];
    cluster.ctrlC();
    await cluster.exit;
  });

  async function open(url: string, name: string): Promise<Tab> {
    const context = await browser!.newContext({ viewport: { width: 1180, height: 760 } });
    const tab = new Tab(await context.newPage());
    await tab.page.goto(url);
    await tab.comeInAs(name);
    await tab
      .at('node')
      .getByText(/^on node-[123]$/)
      .waitFor();
    tabs.push(tab);
    return tab;
  }

  /** Somebody on another node than this tab is on. */
  async function openElsewhere(url: string, than: Tab): Promise<Tab> {
    const node = await than.at('node').textContent();
    for (let name = 1; ; name += 1) {
      const tab = await open(url, `Guest ${name}`);
      if ((await tab.at('node').textContent()) !== node) return tab;
    }
  }

  it('lets pages on different nodes talk, and leaves nothing behind at Ctrl-C', async () => {
    const url = await cluster.url();
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: BROWSER_ARGS,
    });
    const ana = await open(url, 'Ana');
    const guest = await openElsewhere(url, ana);
    await ana.say('Hello from another node');
    await guest.sees('Hello from another node');
    await guest.say('And back');
    await ana.sees('And back');
    if (process.env.SCREENSHOTS_DIR)
      await ana.page.screenshot({ path: join(process.env.SCREENSHOTS_DIR, 'cluster.png') });
    expect(tabs.flatMap(({ errors }) => errors)).toEqual([]);

    const parts = cluster.parts();
    const commands = parts.map(commandOf).join('\n');
    for (const part of [/redis-server/, /postgres/, /nginx/, /(example\/dist\/main[^]*){3}/])
      expect(commands).toMatch(part);
    const folder = /-D (\S+)\/postgres /.exec(commands)![1]!;
    cluster.ctrlC();
    expect(await cluster.exit).toBe(0);
    expect(cluster.output).toContain('Nothing of it is left running.');
    expect(parts.filter(isRunning)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  it('ends with all of it when a part crashes, and says which', async () => {
    await cluster.url();
    const parts = cluster.parts();
    const redis = parts.find((pid) => commandOf(pid).includes('redis-server'))!;
    process.kill(Number(redis), 'SIGKILL');
    expect(await cluster.exit).toBe(1);
    expect(cluster.output).toContain('redis has crashed: ended with SIGKILL');
    expect(parts.filter(isRunning)).toEqual([]);
  });
});
