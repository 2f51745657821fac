import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/** Each line that must not compile ends with its mark. */
const USES = `
  interface Reaction { readonly emoji: string }
  const live = createLiveClient<ChatEvents & { REACTION: Reaction }>({ url: '/ws', token: () => 'token' });
  const end: () => void = live.on('MESSAGE', (message) => { const text: string = message.content; void text; });
  live.on('REACTION', ({ emoji }) => emoji.length);
  live.on('TYPING', async ({ user_id }) => Promise.resolve(user_id.length));
  live.on('resync', ({ reason, signal }) => fetch('/api', { signal }).then(() => reason.length));
  live.on('state', (state) => { if (state.status === 'waiting') state.reason.length; });
  live.on('MESSAGE', (message) => message.nothing); // wrong
  live.on('NOBODY_KNOWS', () => undefined); // wrong
  live.on('state', (state) => state.reason); // wrong
  createLiveClient({ url: '/ws', token: 'token' }); // wrong
  createLiveClient({ url: '/ws', token: () => 'token', WebSocket });
  end();
`;
const CODE = `import { createLiveClient, type ChatEvents } from 'nestjs-live-messages/client';${USES}`;
const WRONG = CODE.split('\n').flatMap((line, index) => (line.endsWith('// wrong') ? [index + 1] : []));

describe('the client in the packed tarball, with nothing else installed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'live-client-'));

  beforeAll(() => {
    const args = ['pack', '--json', '--pack-destination', folder, '--loglevel=error'];
    const [packed] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' })) as {
      filename: string;
    }[];
    const target = join(folder, 'node_modules/nestjs-live-messages');
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', join(folder, packed!.filename), '-C', target, '--strip-components=1']);
    for (const name of ['uses.mts', 'uses.cts', 'uses.ts']) writeFileSync(join(folder, name), CODE);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const CALL =
    'console.log(typeof createLiveClient({ url: "ws://127.0.0.1:1", token, WebSocket: class {} }).on)';
  it.each([
    ['ESM', 'module', `import { createLiveClient } from 'nestjs-live-messages/client';`],
    ['CommonJS', 'commonjs', `const { createLiveClient } = require('nestjs-live-messages/client');`],
  ])('runs in Node as %s', (_, type, load) => {
    const code = `${load} const token = () => new Promise(() => undefined); ${CALL}`;
    const args = [`--input-type=${type}`, '-e', code];
    expect(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })).toBe('function\n');
  });

  it.each([
    ['ESM', 'uses.mts', 'Node16', 'Node16'],
    ['CommonJS', 'uses.cts', 'Node16', 'Node16'],
    ['a bundler', 'uses.ts', 'ESNext', 'Bundler'],
  ])('has types for %s that know the events, and nothing else', (_, file, module, moduleResolution) => {
    const flags = { module, moduleResolution, target: 'ES2022', lib: 'ES2022,DOM' };
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const all = [tsc, '--noEmit', '--strict', '--pretty', 'false', ...args, file];
    const { stdout } = spawnSync(process.execPath, all, { cwd: folder, encoding: 'utf8' });
    const lines = [...stdout.matchAll(/^(\S+)\((\d+),.*error/gm)].map(([, , line]) => Number(line));
    expect({ stdout, lines: [...new Set(lines)] }).toEqual({ stdout, lines: WRONG });
  });
});
