import { setTimeout as sleep } from 'node:timers/promises';
import { HostNode } from './support/host-node';
import { Site, numbered } from './support/site';
import { untilIs } from './support/until';

const RESUMERS = 24;
const PLAIN = 12;

/** Between two events, two requests, and two who come and go, in milliseconds. */
const PACE_MS = 10;

/** What goes on while nodes are replaced, until it is told to stop. */
class Traffic {
  emitted = 0;
  requests = 0;
  visits = 0;
  readonly failures: string[] = [];
  private isOver = false;
  private readonly going: Promise<unknown>;

  /** @param inService nodes that nobody has told to stop */
  constructor(
    private readonly site: Site,
    private readonly inService: ReadonlySet<HostNode>,
  ) {
    this.going = Promise.all([this.emit(), this.request(), this.visit()]);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.going;
  }

  /** One after the other, on one node and the next: their order is that of their numbers. */
  private emit(): Promise<void> {
    return this.again('an emit', async () => {
      const nodes = [...this.inService];
      await nodes[this.emitted % nodes.length]!.emit(numbered(this.emitted));
      this.emitted += 1;
    });
  }

  private request(): Promise<void> {
    return this.again('a request', async () => {
      const { status } = await this.site.get('/headers');
      if (status !== 200) throw new Error(`answered with ${status}`);
      this.requests += 1;
    });
  }

  private visit(): Promise<void> {
    return this.again('a visit', async () => {
      const visitor = this.site.plain('visitor');
      await visitor.open();
      await visitor.leave();
      this.visits += 1;
    });
  }

  private async again(what: string, act: () => Promise<void>): Promise<void> {
    while (!this.isOver) {
      await act().catch((error: Error) => this.failures.push(`${what}: ${error.message}`));
      await sleep(PACE_MS);
    }
  }
}

describe.each(['nginx', 'haproxy'] as const)('a rolling deploy behind %s', (name) => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open(name);
  });
  afterAll(() => site?.close());

  it('loses nothing, doubles nothing, and makes nobody fetch', async () => {
    const resumers = Array.from({ length: RESUMERS }, (_, index) => site.resumer(`resumer-${index}`));
    const plain = Array.from({ length: PLAIN }, (_, index) => site.plain(`plain-${index}`));
    await Promise.all(plain.map((visitor) => visitor.open()));
    const allConnected = () =>
      resumers.every(({ client }) => client.state.status === 'connected') &&
      plain.every((visitor) => visitor.isConnected);
    await untilIs(allConnected);

    const inService = new Set(site.nodes);
    const traffic = new Traffic(site, inService);
    for (const node of site.nodes) {
      inService.delete(node);
      await node.terminate();
      await node.up();
      await node.ready();
      inService.add(node);
      await untilIs(allConnected);
    }
    await traffic.stop();

    const all = Array.from({ length: traffic.emitted }, (_, number) => numbered(number).id);
    await untilIs(() => resumers.every(({ ids }) => ids.length >= all.length));
    for (const { client } of resumers) client.close();
    await Promise.all(plain.map((visitor) => visitor.leave()));

    expect(traffic.failures).toEqual([]);
    for (const { ids, resyncs } of resumers) {
      expect(resyncs).toEqual([]);
      expect(ids).toEqual(all);
    }
    const moves = resumers.flatMap(({ endings }) => endings.filter((ending) => !/closed$/.test(ending)));
    const wasTold = plain.flatMap(({ endings }) => endings.map(({ code, reason }) => `${code} ${reason}`));
    for (const ending of wasTold) expect(ending).toBe('1012 {"reconnect_within_ms":1500}');
    for (const { ids, refusals } of plain) {
      expect(refusals).toEqual([]);
      expect(ids).toEqual([...new Set(ids)]);
    }
    // Otherwise nothing was shown.
    expect(traffic.emitted).toBeGreaterThan(100);
    expect(traffic.visits).toBeGreaterThan(50);
    expect(traffic.requests).toBeGreaterThan(50);
    expect(moves.length).toBeGreaterThanOrEqual(RESUMERS);
    expect(wasTold.length).toBeGreaterThanOrEqual(PLAIN);
    process.stdout.write(
      `${name}: ${traffic.emitted} events, ${moves.length} moves of ${RESUMERS} resumable clients, ` +
        `${wasTold.length} of ${PLAIN} plain ones, ${traffic.visits} visits, ${traffic.requests} requests\n`,
    );
  });
});
