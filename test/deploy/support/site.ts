import { get } from 'node:https';
import type { MessageRow } from 'nestjs-live-messages';
import { type LiveClient, createLiveClient } from 'nestjs-live-messages/client';
import { WebSocket } from 'ws';
import { RedisServer } from '../../support/redis-server';
import { messageRow } from '../../support/rows';
import { tokenOf } from '../../support/tokens';
import { freePorts } from './free-ports';
import { HostNode } from './host-node';
import { PlainVisitor } from './plain-visitor';
import { type ProxyName, ProxyProcess, TRUSTING } from './proxy-process';

/** Somebody who resumes, and what he was told. */
export interface Resumer {
  readonly client: LiveClient;
  readonly ids: string[];
  readonly resyncs: string[];
  /** With which code and reason a connection was closed. */
  readonly endings: string[];
}

/** A chat as it is deployed: Redis, three nodes, and a proxy before them. */
export class Site {
  private readonly tokens: string[] = [];
  /** Ends whoever is still there. */
  private readonly leavers: (() => unknown)[] = [];

  private constructor(
    private readonly redis: RedisServer,
    readonly nodes: readonly HostNode[],
    readonly proxy: ProxyProcess,
  ) {}

  static async open(name: ProxyName): Promise<Site> {
    const redis = await RedisServer.start();
    const [own, ...ports] = (await freePorts(4)) as [number, number, number, number];
    const nodes = ports.map((port) => new HostNode(port, redis.url));
    await Promise.all(nodes.map((node) => node.up()));
    await Promise.all(nodes.map((node) => node.ready()));
    return new Site(redis, nodes, await ProxyProcess.start(name, own, ports));
  }

  async close(): Promise<void> {
    await Promise.all(this.leavers.map((leave) => leave()));
    await this.proxy.stop();
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.redis.stop();
  }

  /** All tokens that were given to anybody. */
  get givenTokens(): readonly string[] {
    return this.tokens;
  }

  /** @param more claims, to make it longer */
  token(userId: string, more: object = {}): string {
    const token = tokenOf(userId, more);
    this.tokens.push(token);
    return token;
  }

  /** With its token in the query, where a log could find it. */
  plain(userId: string, more: object = {}): PlainVisitor {
    const url = `wss://127.0.0.1:${this.proxy.port}/ws?token=${this.token(userId, more)}`;
    const visitor = new PlainVisitor(url);
    this.leavers.push(() => visitor.leave());
    return visitor;
  }

  /** With the package's client, and its token in the query. */
  resumer(userId: string): Resumer {
    const token = this.token(userId);
    const client = createLiveClient({
      url: `wss://127.0.0.1:${this.proxy.port}/ws`,
      token: () => token,
      tokenIn: 'query',
      WebSocket: class extends WebSocket {
        constructor(url: string, protocols?: string[]) {
          super(url, protocols, TRUSTING);
        }
      },
    });
    this.leavers.push(() => client.close());
    const ids: string[] = [];
    const resyncs: string[] = [];
    const endings: string[] = [];
    client.on('MESSAGE', ({ id }) => void ids.push(id));
    client.on('resync', ({ reason }) => void resyncs.push(reason));
    client.on('state', (state) => {
      if (state.status === 'waiting' || state.status === 'closed')
        endings.push(`${state.code} ${state.reason}`);
    });
    return { client, ids, resyncs, endings };
  }

  /** A request of the host's API through the proxy. */
  get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
    const { port } = this.proxy;
    return new Promise((resolve, reject) => {
      const request = get(
        { host: '127.0.0.1', port, path, headers, agent: false, ...TRUSTING },
        (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk.toString()));
          response.once('end', () => resolve({ status: response.statusCode!, body }));
        },
      );
      request.once('error', reject);
    });
  }
}

/** The n-th message of a test. */
export function numbered(number: number): MessageRow {
  return messageRow('general', { id: `message-${number}` });
}
