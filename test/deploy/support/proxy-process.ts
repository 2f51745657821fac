import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockOf } from '../../support/doc-blocks';
import { selfSigned } from '../../support/self-signed';
import { untilIs } from './until';

const PAGE = 'docs/deploy.md';

export type ProxyName = 'nginx' | 'haproxy';

/** What a proxy stands for: where it listens, and where its nodes do. */
interface Ports {
  readonly own: number;
  readonly nodes: readonly [number, number, number];
}

/** What clients say to a certificate that was made a moment ago. */
export const TRUSTING = { rejectUnauthorized: false };

/** A real nginx or HAProxy with the configuration of docs/deploy.md, but for its ports and paths. */
export class ProxyProcess {
  private readonly dir = mkdtempSync(join(tmpdir(), 'live-deploy-'));
  private readonly accessLog = join(this.dir, 'access.log');
  private child!: ChildProcess;
  private output = '';

  private constructor(
    readonly name: ProxyName,
    private readonly ports: Ports,
  ) {
    const { key, cert } = selfSigned();
    writeFileSync(join(this.dir, 'chat.pem'), cert);
    writeFileSync(join(this.dir, 'chat.key'), key);
    writeFileSync(join(this.dir, 'chat-and-key.pem'), cert + key);
  }

  static async start(name: ProxyName, own: number, nodes: Ports['nodes']): Promise<ProxyProcess> {
    const proxy = new ProxyProcess(name, { own, nodes });
    await proxy.up();
    return proxy;
  }

  get port(): number {
    return this.ports.own;
  }

  /** The access log, and what it has to say of errors. */
  logs(): { access: string; errors: string } {
    if (this.name === 'haproxy') return { access: this.output, errors: this.output };
    const errors = readFileSync(join(this.dir, 'error.log'), 'utf8');
    return { access: readFileSync(this.accessLog, 'utf8'), errors: errors + this.output };
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async up(): Promise<void> {
    const config = join(this.dir, this.name === 'nginx' ? 'nginx.conf' : 'haproxy.cfg');
    writeFileSync(config, this.name === 'nginx' ? this.nginxConfig() : this.haproxyConfig());
    const args = this.name === 'nginx' ? ['-c', config, '-g', 'daemon off;'] : ['-f', config];
    this.child = spawn(this.name, args, { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    const ended = once(this.child, 'exit').then(() => Promise.reject(new Error(this.output)));
    await Promise.race([untilIs(() => isOpen(this.ports.own)), ended]);
    ended.catch(() => undefined);
  }

  private nginxConfig(): string {
    // Its workers are somebody else.
    chmodSync(this.dir, 0o711);
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const folders = kinds.map((kind) => `  ${kind}_temp_path ${join(this.dir, kind)};\n`).join('');
    return this.withNodes(
      replaced(blockOf(PAGE, 'nginx.conf').code, {
        'listen 443 ssl;': `listen 127.0.0.1:${this.ports.own} ssl;`,
        '/run/nginx.pid': join(this.dir, 'nginx.pid'),
        '/etc/ssl/chat.example/': `${this.dir}/`,
        '/var/log/nginx/': `${this.dir}/`,
        'http {\n': `http {\n${folders}`,
      }),
    );
  }

  private haproxyConfig(): string {
    return this.withNodes(
      replaced(blockOf(PAGE, 'haproxy.cfg').code, {
        'bind :443 ssl': `bind 127.0.0.1:${this.ports.own} ssl`,
        '/etc/ssl/chat.example/': `${this.dir}/`,
      }),
    );
  }

  private withNodes(config: string): string {
    const [one, two, three] = this.ports.nodes.map((port) => `127.0.0.1:${port}`);
    return replaced(config, {
      '10.0.0.11:3000': one!,
      '10.0.0.12:3000': two!,
      '10.0.0.13:3000': three!,
    });
  }
}

const running = new Set<ChildProcess>();
// A suite whose setup fails stops nothing.
process.once('exit', () => running.forEach((child) => child.kill('SIGTERM')));

function replaced(text: string, replacements: Readonly<Record<string, string>>): string {
  for (const [from, to] of Object.entries(replacements)) {
    if (!text.includes(from)) throw new Error(`${PAGE} has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  return text;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}
