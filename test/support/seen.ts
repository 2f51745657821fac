import { toUsers } from 'nestjs-live-messages';
import { TestClient } from './client';
import { Host } from './host';
import { messageRow } from './rows';

/**
 * What a user's clients have got that was not taken yet, up to now: a last message to the user says where now is, so
 * that what has not come by then does not come. Messages as their content, other events as their `message_type`.
 */
export async function seenBy(host: Host, userId: string, ...clients: TestClient[]): Promise<string[][]> {
  const last = messageRow('end', { id: `end-${Math.random()}` });
  await host.live.message(last, { to: toUsers([userId]) });
  return Promise.all(clients.map((client) => takeUntil(client, last.id)));
}

/** {@link seenBy} of a user with one client. */
export async function seen(host: Host, userId: string, client: TestClient): Promise<string[]> {
  const [contents] = await seenBy(host, userId, client);
  return contents!;
}

async function takeUntil(client: TestClient, id: string): Promise<string[]> {
  const contents: string[] = [];
  for (;;) {
    const event = await client.nextEvent();
    if (event.id === id) return contents;
    contents.push(String(event.content ?? event.message_type));
  }
}
