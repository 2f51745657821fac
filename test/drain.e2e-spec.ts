import {
  BeforeApplicationShutdown,
  Injectable,
  OnApplicationShutdown,
  OnModuleDestroy,
} from '@nestjs/common';
import { LiveEventsService, LiveReadiness, topic } from 'nestjs-live-messages';
import { TestClient, connect, open, refusalOf } from './support/client';
import { Host, startHost } from './support/host';
import { RawClient } from './support/raw-client';
import { messageRow } from './support/rows';
import { tokenOf } from './support/tokens';

async function crowd(host: Host, size: number): Promise<TestClient[]> {
  const names = Array.from({ length: size }, (_, index) => `user-${index}`);
  for (const name of names) host.source.put(name, topic('CHANNEL', 'general'));
  return Promise.all(names.map((name) => connect(host.url, tokenOf(name))));
}

describe.each(['ours', 'plain'] as const)('closing the application, with the %s adapter', (adapter) => {
  it('sends everyone away with 1012 and the hint, one after the other, over the spread', async () => {
    const host = await startHost({ adapter, options: { drain: { spreadMs: 1_000, timeoutMs: 5_000 } } });
    const clients = await crowd(host, 50);
    const closing = host.close();
    let closed = 0;
    const closedBefore = clients.map(async (client) => {
      const close = await client.closed;
      expect(close).toEqual({ code: 1012, reason: '{"reconnect_within_ms":1000}' });
      closed += 1;
      return closed;
    });
    // Whoever is in the first fifth goes while the last fifth is still there.
    await Promise.all(closedBefore.slice(0, 10));
    expect(clients.slice(-10).every((client) => client.socket.readyState === client.socket.OPEN)).toBe(true);
    await closing;
    expect(await Promise.all(closedBefore)).toHaveLength(50);
  });

  it('delivers what is emitted meanwhile to those who are still there', async () => {
    const host = await startHost({ adapter, options: { drain: { spreadMs: 400, timeoutMs: 5_000 } } });
    const clients = await crowd(host, 4);
    const closing = host.close();
    await Promise.race(clients.map((client) => client.closed));
    await host.live.message(messageRow('general', { content: 'still here' }));
    await Promise.all(clients.map((client) => client.closed));
    await closing;
    const received = clients.filter((client) => client.frames.some((frame) => frame.includes('still here')));
    expect(received.length).toBeGreaterThan(0);
    expect(received.length).toBeLessThan(4);
  });

  it('turns readiness off and new upgrades away, with 503 and Retry-After', async () => {
    const host = await startHost({ adapter, options: { drain: { spreadMs: 400, timeoutMs: 5_000 } } });
    const readiness = host.app.get(LiveReadiness);
    expect(readiness.isReady).toBe(true);
    const clients = await crowd(host, 4);
    const closing = host.close();
    await Promise.race(clients.map((client) => client.closed));
    expect(readiness.isReady).toBe(false);
    const refusal = await refusalOf(open(host.url, tokenOf('late')));
    expect(refusal.status).toBe(503);
    expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0);
    await closing;
  });

  it('is over in time, whatever a peer does', async () => {
    const host = await startHost({ adapter, options: { drain: { spreadMs: 10, timeoutMs: 500 } } });
    const deaf = await RawClient.connect(host.url, tokenOf('deaf'));
    deaf.socket.pause();
    await host.close();
    expect(host.registry.size).toBe(0);
    deaf.socket.destroy();
  });
});

it('closes at once when nobody is connected, also twice and before it ever listened', async () => {
  const host = await startHost({ options: { drain: { spreadMs: 60_000, timeoutMs: 120_000 } } });
  await host.close();
  await host.close();
});

it('a few connections do not take the whole spread', async () => {
  const host = await startHost({ options: { drain: { spreadMs: 60_000, timeoutMs: 120_000 } } });
  const clients = await crowd(host, 3);
  await host.close();
  await Promise.all(clients.map((client) => client.closed));
});

it('waits for the cleanup of the host, which may still emit', async () => {
  const steps: string[] = [];
  @Injectable()
  class Cleanup implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
    constructor(private readonly live: LiveEventsService) {}
    async onModuleDestroy() {
      await this.live.message(messageRow('general', { content: 'last words' }));
      steps.push('destroyed');
    }
    async beforeApplicationShutdown() {
      await this.live.updateStatus();
      steps.push('before');
    }
    onApplicationShutdown() {
      steps.push('shut down');
    }
  }
  const host = await startHost({
    providers: [Cleanup],
    options: { drain: { spreadMs: 100, timeoutMs: 2_000 } },
  });
  const [client] = await crowd(host, 1);
  await host.close();
  expect(steps).toEqual(['destroyed', 'before', 'shut down']);
  expect(await client!.nextEvent()).toMatchObject({ content: 'last words' });
});
