import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { freePorts } from './support/free-ports';
import { HostNode } from './support/host-node';
import { ProxyProcess, TRUSTING } from './support/proxy-process';
import { Site, numbered } from './support/site';
import { untilIs } from './support/until';

const PROXIES = ['nginx', 'haproxy'] as const;

const VISITS = 30;

describe.each(PROXIES)('%s', (name) => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open(name);
  });
  afterAll(() => site?.close());

  it('tells the host who asks, whatever clients claim', async () => {
    const { body } = await site.get('/headers', {
      'X-Forwarded-For': '203.0.113.7',
      'X-Forwarded-Proto': 'ftp',
    });
    expect(JSON.parse(body)).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
    });
  });

  it('passes the longest token', async () => {
    const visitor = site.plain('long', { filler: 'x'.repeat(5_900) });
    expect(site.givenTokens.at(-1)!.length).toBeGreaterThan(8_000);
    expect(site.givenTokens.at(-1)!.length).toBeLessThanOrEqual(8_192);
    await visitor.open();
    await visitor.leave();
  });

  it('hands out no 503 of a node that is not ready while another one is', async () => {
    const [nowhere] = (await freePorts(1)) as [number];
    const first = site.nodes[0]!;
    await first.terminate();
    const unready = new HostNode(first.port, `redis://127.0.0.1:${nowhere}`);
    await unready.up();
    expect(await unready.health()).toBe(503);
    for (let visit = 0; visit < VISITS; visit += 1) {
      const visitor = site.plain('visitor');
      await visitor.open();
      await visitor.leave();
    }
    await unready.kill();
    await first.up();
    await first.ready();
  });

  it('has the token in none of its logs, though nodes die under it', async () => {
    const resumer = site.resumer('witness');
    const visitors = Array.from({ length: 6 }, () => site.plain('witness'));
    await Promise.all(visitors.map((visitor) => visitor.open()));
    // The last one stays: the first has just come back, which nginx notices a second later.
    await Promise.all(site.nodes.slice(0, 2).map((node) => node.kill()));
    for (let visit = 0; visit < VISITS; visit += 1) {
      const visitor = site.plain('visitor');
      await visitor.open();
      await visitor.leave();
    }
    // Nobody is left: what do they say then?
    await site.nodes[2]!.kill();
    await expect(site.plain('visitor').open()).rejects.toThrow(/50[23]/);
    resumer.client.close();
    await Promise.all(visitors.map((visitor) => visitor.leave()));
    await Promise.all(site.nodes.map((node) => node.up()));
    await Promise.all(site.nodes.map((node) => node.ready()));

    const { access, errors } = site.proxy.logs();
    expect(access.match(/"GET \/ws"/g)!.length).toBeGreaterThan(VISITS);
    for (const log of [access, errors]) {
      expect(log).not.toMatch(/token|resume/);
      // Signed by the same key, each has a signature of its own.
      for (const token of site.givenTokens) expect(log).not.toContain(token.split('.')[2]!);
    }
  });
});

/** A proxy before servers that send nothing, and a connection through it that was just opened. */
async function withoutPings(name: (typeof PROXIES)[number]) {
  const servers = [1, 2, 3].map(() => createServer((_, response) => void response.end()));
  for (const server of servers) {
    const sockets = new WebSocketServer({ server, path: '/ws' });
    sockets.on('connection', (socket) => socket.send('"Websocket Connection Established"'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  const [own] = (await freePorts(1)) as [number];
  const proxy = await ProxyProcess.start(name, own, ports as [number, number, number]);
  const socket = new WebSocket(`wss://127.0.0.1:${own}/ws`, TRUSTING);
  const cut = once(socket, 'close');
  await once(socket, 'message');
  const close = async () => {
    socket.terminate();
    await proxy.stop();
    for (const server of servers) server.close();
  };
  return { cut, close };
}

it('idle connections outlive the timeouts of the proxies, thanks to the pings', async () => {
  const sites: Site[] = [];
  const silent: Awaited<ReturnType<typeof withoutPings>>[] = [];
  try {
    for (const name of PROXIES) sites.push(await Site.open(name));
    const idle = sites.flatMap((site) => [site.plain('idle'), site.plain('idle too')]);
    await Promise.all(idle.map((visitor) => visitor.open()));
    for (const name of PROXIES) silent.push(await withoutPings(name));
    // These were opened later, and are cut: so there is a timeout to outlive.
    await Promise.all(silent.map(({ cut }) => cut));
    expect(idle.map(({ endings }) => endings)).toEqual(idle.map(() => []));
    for (const site of sites) await site.nodes[0]!.emit(numbered(1));
    await untilIs(() => idle.every(({ ids }) => ids.length === 1));
    await Promise.all(idle.map((visitor) => visitor.leave()));
  } finally {
    await Promise.all([...silent, ...sites].map((each) => each.close()));
  }
});
