import { TestClient, open } from './client';
import { Host } from './host';
import { tokenOf } from './tokens';

/** An object on a resumable connection. */
export interface Frame {
  readonly message_type: string;
  readonly cursor: string;
  readonly [key: string]: unknown;
}

/** Opens a resumable connection, with a cursor or for the first time, and returns it and its first frame. */
export async function resume(
  host: Host,
  userId: string,
  cursor = '',
): Promise<{ client: TestClient; connected: Frame }> {
  const client = open(host.url, tokenOf(userId), { query: `resume=${encodeURIComponent(cursor)}` });
  return { client, connected: await nextFrame(client) };
}

/** The next frame. */
export async function nextFrame(client: TestClient): Promise<Frame> {
  return (await client.nextEvent()) as unknown as Frame;
}
