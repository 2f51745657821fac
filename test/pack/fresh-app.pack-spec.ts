import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect } from '../support/client';
import { SECRET, tokenOf } from '../support/tokens';

const ROOT = resolve(__dirname, '../..');

/** The code blocks of the README that say which file they are. */
function readmeFiles(): Map<string, string> {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```ts\n\/\/ ([\w.-]+)\n(.*?)```/gs)];
  return new Map(blocks.map(([, name, code]) => [name!, code!]));
}

/** What the host has had before: its channels, and a route that makes a message. */
const HOST_FILES = {
  'channels.repository.ts': `
    import { Injectable } from '@nestjs/common';
    @Injectable()
    export class ChannelsRepository {
      of(_userId: string): Promise<{ id: string }[]> { return Promise.resolve([{ id: 'general' }]); }
    }`,
  'channels.module.ts': `
    import { Body, Controller, Module, Post } from '@nestjs/common';
    import { LiveEventsService } from 'nestjs-live-messages';
    import { ChannelMemberships } from './channel-memberships.js';
    import { ChannelsRepository } from './channels.repository.js';
    @Controller('messages')
    class MessagesController {
      constructor(private readonly live: LiveEventsService) {}
      @Post() async post(@Body() body: { content: string }) {
        const row = {
          id: '1', user_id: 'bob', content: body.content, date_created: new Date(), date_updated: null,
          recipient_type: 'CHANNEL', reference_id: 'general', password_hash: 'stays home',
        };
        await this.live.message(row);
      }
    }
    @Module({ controllers: [MessagesController], providers: [ChannelsRepository, ChannelMemberships] })
    export class ChannelsModule {}`,
};

interface Kind {
  readonly name: string;
  readonly nest: string;
  readonly type: 'commonjs' | 'module';
}

const KINDS: readonly Kind[] = [
  { name: 'Nest 11, CommonJS', nest: '11', type: 'commonjs' },
  { name: 'Nest 12, ESM', nest: '12', type: 'module' },
];

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
  });
}

function makeApp(folder: string, tarball: string, { nest, type }: Kind): void {
  mkdirSync(join(folder, 'src'), { recursive: true });
  const nestPackages = ['common', 'core', 'jwt', 'platform-express', 'platform-ws', 'websockets'];
  const dependencies = Object.fromEntries([
    ...nestPackages.map((name) => [`@nestjs/${name}`, `^${nest}.0.0`]),
    ...Object.entries({
      'class-transformer': '^0.5.1',
      'class-validator': '^0.15.0',
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.2',
    }),
    ['nestjs-live-messages', `file:${tarball}`],
    ...Object.entries({ typescript: '~6.0.3', '@types/node': '^20.0.0' }),
  ]) as Record<string, string>;
  const overrides = { 'file-type': '21.3.4' };
  const compilerOptions = {
    ...{ target: 'ES2022', module: 'Node20', moduleResolution: 'Node16', types: ['node'], strict: true },
    ...{
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      skipLibCheck: false,
      rootDir: 'src',
      outDir: 'dist',
    },
  };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'fresh', private: true, type, dependencies, overrides }),
  );
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  writeFileSync(
    join(folder, 'src', 'env.d.ts'),
    'declare namespace NodeJS { interface ProcessEnv { JWT_SECRET: string } }\n',
  );
  for (const [name, code] of [...readmeFiles(), ...Object.entries(HOST_FILES)]) {
    writeFileSync(
      join(folder, 'src', name),
      name === 'main.ts' && type === 'commonjs' ? asFunction(code) : code,
    );
  }
}

/** CommonJS has no \`await\` at the top: there, main.ts is a function, as Nest's own starter has it. */
function asFunction(code: string): string {
  const lines = code.trimEnd().split('\n');
  const body = lines.findIndex((line) => line.startsWith('const app'));
  return [...lines.slice(0, body), 'async function main() {', ...lines.slice(body), '}', 'void main();'].join(
    '\n',
  );
}

/** Runs it, and resolves with its address once it listens. */
function start(folder: string): { child: ChildProcess; url: Promise<string>; output: () => string } {
  const env = { ...process.env, JWT_SECRET: SECRET, PORT: '0', NODE_ENV: 'development' };
  const listening =
    "process.on('message', () => undefined); import('node:http').then(({ Server }) => { const listen = Server.prototype.listen; Server.prototype.listen = function (...args) { this.once('listening', () => process.send(this.address().port)); return listen.apply(this, args); }; });";
  writeFileSync(join(folder, 'report-port.mjs'), listening);
  const child = spawn(process.execPath, ['--import', './report-port.mjs', 'dist/main.js'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const url = new Promise<string>((done, fail) => {
    child.once('message', (port) => done(`127.0.0.1:${port as number}`));
    child.once('exit', (code) => fail(new Error(`exited with ${code}: ${output}`)));
  });
  return { child, url, output: () => output };
}

describe('the packed tarball', () => {
  const folder = mkdtempSync(join(tmpdir(), 'live-messages-'));
  let tarball = '';

  beforeAll(() => {
    const [packed] = JSON.parse(npm(ROOT, 'pack', '--json', '--pack-destination', folder)) as {
      filename: string;
    }[];
    tarball = join(folder, packed!.filename);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(KINDS)('embeds by the README into a fresh application: $name', async (kind) => {
    const app = join(folder, kind.nest);
    makeApp(app, tarball, kind);
    npm(app, 'install');
    execFileSync(process.execPath, [join(app, 'node_modules/typescript/bin/tsc'), '-p', '.'], {
      cwd: app,
      stdio: 'inherit',
    });
    const { child, url, output } = start(app);
    try {
      const client = await connect(`ws://${await url}`, tokenOf('ann'));
      const posted = await fetch(`http://${await url}/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content: 'hello' }),
      });
      expect(posted.status).toBe(201);
      const event = await client.nextEvent();
      expect(event).toMatchObject({ message_type: 'MESSAGE', content: 'hello', deleted: false });
      expect(event).not.toHaveProperty('password_hash');
      child.kill('SIGTERM');
      expect(await client.closed).toEqual({ code: 1012, reason: '{"reconnect_within_ms":8000}' });
      const code = await new Promise((done) =>
        child.once('exit', (status, signal) => done(signal ?? status)),
      );
      expect(code).toBe('SIGTERM');
      expect(output()).not.toContain(SECRET);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
