import { setImmediate as turn } from 'node:timers/promises';
import { LiveMessagesLifecycle } from '../../src/live-messages.lifecycle';
import { topic } from 'nestjs-live-messages';
import { TestClient, connect, open } from '../support/client';
import { Host, startHost } from '../support/host';
import { messageRow } from '../support/rows';
import { tokenOf } from '../support/tokens';

const TOTAL = Number(process.env.SOAK_CONNECTIONS ?? 100_000);
const AT_ONCE = 250;
/** What the process may hold more after all of it than after the first tenth, in bytes. */
const MAX_GROWTH = 24 * 1_048_576;

/** How a connection ends, one after the other. */
const ENDINGS: readonly ((host: Host, name: string) => Promise<void>)[] = [
  async (host, name) => (await connect(host.url, tokenOf(name))).close(),
  async (host, name) => vanish(await connect(host.url, tokenOf(name))),
  async (host, name) => {
    const client = await connect(host.url, tokenOf(name));
    await host.live.disconnect({ userId: name });
    await client.closed;
  },
  async (host) => void (await open(host.url, 'no token').closed),
  async (host, name) => vanish(open(host.url, tokenOf(name))),
];

async function vanish(client: TestClient): Promise<void> {
  client.socket.terminate();
  await client.closed;
}

async function settle(): Promise<number> {
  for (let i = 0; i < 20; i += 1) await turn();
  if (!global.gc) throw new Error('run with node --expose-gc: npm run test:soak');
  global.gc();
  global.gc();
  return process.memoryUsage().heapUsed;
}

/** The sizes of what grows with connections, wherever it is: the private parts of gateway and hub. */
function sizes(part: unknown, path = '', seen = new Set<unknown>()): Record<string, number> {
  if (typeof part !== 'object' || part === null || seen.has(part) || path.split('.').length > 4) return {};
  seen.add(part);
  if (part instanceof Map || part instanceof Set) return { [path]: part.size };
  return Object.assign(
    {},
    ...Object.entries(part).map(([key, value]) => sizes(value, `${path}.${key}`, seen)),
  ) as Record<string, number>;
}

describe(`${TOTAL} connects and disconnects`, () => {
  let host: Host;

  beforeAll(async () => {
    const limits = { acceptsPerSecond: 1_000_000 };
    host = await startHost({ options: { limits, membershipOptions: { recheckMs: 1_000 } } });
    host.app.useLogger(false);
  });

  afterAll(() => host.close());

  it('leave nothing behind', async () => {
    const lifecycle = host.app.get(LiveMessagesLifecycle, { strict: false });
    let baseline = 0;
    for (let done = 0; done < TOTAL; done += AT_ONCE) {
      const batch = Array.from({ length: AT_ONCE }, (_, index) => {
        const name = `user-${done + index}`;
        host.source.put(name, topic('CHANNEL', `channel-${index % 10}`));
        return ENDINGS[(done + index) % ENDINGS.length]!(host, name);
      });
      await host.live.message(messageRow('channel-1'));
      await Promise.all(batch);
      host.source.table.clear();
      if (done <= TOTAL / 10) baseline = await settle();
    }
    const grown = (await settle()) - baseline;
    expect(host.registry.size).toBe(0);
    expect([...host.registry.users()]).toEqual([]);
    const { hub, gateway, writer, log } = lifecycle as unknown as Record<string, unknown>;
    const left = Object.entries(sizes({ log, writer, gateway, hub })).filter(([, size]) => size > 0);
    console.log(`heap grown by ${(grown / 1_048_576).toFixed(1)} MB; not empty: ${JSON.stringify(left)}`);
    expect(left.filter(([path]) => !path.startsWith('.log.'))).toEqual([]);
    expect(grown).toBeLessThan(MAX_GROWTH);
  });
});
