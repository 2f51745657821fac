import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import { WebSocket } from 'ws';
import { createLiveClient } from 'nestjs-live-messages/client';
import type { ChatEvents, LiveClient, LiveClientOptions, LiveState } from 'nestjs-live-messages/client';
import { ScriptedServer, Visit } from './scripted-server';

/** Waits for sockets, never for time. */
export async function until(condition: () => boolean): Promise<void> {
  for (const start = performance.now(); !condition(); await turn()) {
    if (performance.now() - start > 4_000) throw new Error('what was awaited has not come within 4 s');
  }
}

/** Lets what is under way on sockets and in promises go on. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** What a client does of itself while nobody waits for anything: enough for frames to come and go. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 30; turns += 1) await turn();
}

/** Only what the client measures with: sockets stay real. */
export function useFakeTime(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'hrtime', 'performance'] });
}

/** A server that does what it is told, its clients, and all that they said. */
export class LiveStage {
  readonly clients: LiveClient[] = [];
  private constructor(readonly server: ScriptedServer) {}

  static async set(): Promise<LiveStage> {
    return new LiveStage(await ScriptedServer.start());
  }

  /** A client, and what became of it: its states, and the ids of the messages it received. */
  client(options: Partial<LiveClientOptions> = {}) {
    const live = createLiveClient<ChatEvents & { REACTION: { readonly emoji: string } }>({
      url: this.server.url,
      token: () => 'token',
      WebSocket,
      ...options,
    });
    this.clients.push(live);
    const states: LiveState[] = [];
    const messages: string[] = [];
    live.on('state', (state) => states.push(state));
    live.on('MESSAGE', ({ id }) => messages.push(id));
    const reached = (status: LiveState['status']) => until(() => live.state.status === status);
    const received = (...ids: string[]) => until(() => ids.every((id) => messages.includes(id)));
    return { live, states, messages, reached, received };
  }

  /** A client that is connected, and its connection. */
  async connected(options: Partial<LiveClientOptions> = {}, more: object = {}) {
    const stage = this.client(options);
    const visit = (await this.server.next()).connect('start', more);
    await stage.reached('connected');
    return { ...stage, visit };
  }

  /** The next attempt, once the waiting client's time has come. */
  async comesBack(): Promise<Visit> {
    const next = this.server.next();
    let hasCome = false;
    void next.then(() => (hasCome = true));
    while (!hasCome) {
      await jest.advanceTimersByTimeAsync(100);
      await settled();
    }
    return next;
  }

  async clear(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.server.close();
  }
}

/** A message as the server sends it on a resumable connection. */
export function message(id: string, cursor?: string): object {
  return { id, message_type: 'MESSAGE', content: 'hello', ...(cursor === undefined ? {} : { cursor }) };
}

/** An unsigned token that ends so many milliseconds from now. */
export function tokenFor(ms: number, claims: object = {}): string {
  const payload = { sub: 'ünal', exp: (Date.now() + ms) / 1_000, ...claims };
  return `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;
}
