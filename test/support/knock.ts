import { GREETING } from '../../src/protocol/wire';
import { Hub } from '../../src/hub/hub';
import { TestClient, open } from './client';
import { Host, HostSetup, startHost } from './host';

/** The hosts of a spec file, which are closed together at its end. */
export class Hosts {
  private readonly running: Host[] = [];

  async start(setup: HostSetup): Promise<Host> {
    const drain = { spreadMs: 0, timeoutMs: 500 };
    const host = await startHost({ ...setup, options: { drain, ...setup.options } });
    this.running.push(host);
    return host;
  }

  async close(): Promise<void> {
    await Promise.all(this.running.splice(0).map((host) => host.close()));
  }
}

/** How a token, or what stands for one, is brought. */
export interface Brought {
  readonly target?: string;
  readonly headers?: Record<string, string>;
  readonly protocols?: string[];
  readonly origin?: string;
}

export function inQuery(token: string): Brought {
  return { target: `/ws?token=${token}` };
}

export function asBearer(...tokens: string[]): Brought {
  // Node writes a list as so many headers, which the types of ws do not know.
  const lines: unknown = tokens.map((token) => `Bearer ${token}`);
  return { headers: { Authorization: lines as string } };
}

export function asSubprotocol(...tokens: string[]): Brought {
  return { protocols: ['live-messages', ...tokens.map((token) => `bearer.${token}`)] };
}

/** Asks for an upgrade, and returns at once. */
export function knock(host: Host, { target = '/ws', ...rest }: Brought): TestClient {
  return open(host.url, undefined, { path: target, ...rest });
}

/** How a connection ends, as `<code> <reason>`; or the first frame it is sent, if it does not. */
export function outcomeOf(client: TestClient): Promise<string> {
  const closed = client.closed.then(({ code, reason }) => `${code} ${reason}`);
  return Promise.race([closed, client.next().catch(() => closed)]);
}

/** {@link outcomeOf} of a new connection. */
export function outcomeAt(host: Host, brought: Brought): Promise<string> {
  return outcomeOf(knock(host, brought));
}

/** Rejects when a client that should not come in does. */
export async function neverLive(client: TestClient): Promise<never> {
  throw new Error(`it was let in: ${await client.next()}`);
}

/** Lets a client in, says whom the host sees, and ends it. */
export async function userLetIn(host: Host, brought: Brought): Promise<string> {
  const came = new Promise<string>((resolve) => {
    const end = host.registry.onConnect(({ userId }) => (end(), resolve(userId)));
  });
  const client = knock(host, brought);
  const outcome = await outcomeOf(client);
  if (outcome !== JSON.stringify(GREETING)) throw new Error(`the client was told ${outcome}`);
  const userId = await came;
  await client.close();
  return userId;
}

/** How many places in the log are kept for upgrades that may still become connections, or for those behind. */
export function placesTaken(host: Host): number {
  return host.app.get(Hub, { strict: false })['window']['places'].size;
}
