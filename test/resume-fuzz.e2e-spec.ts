import fc from 'fast-check';
import { toUsers } from 'nestjs-live-messages';
import { cursorsLike } from './property/cursors';
import { open } from './support/client';
import { nextFrame } from './support/resumable';
import { messageRow } from './support/rows';
import { seen } from './support/seen';
import { tokenOf } from './support/tokens';
import { startWatchedHost } from './support/watched-host';

it('300 cursors that are none, through the door: the URL is read, and nobody is turned away', async () => {
  const host = await startWatchedHost({ options: { limits: { connectionsPerUser: 1_000 } } });
  try {
    await host.live.message(messageRow('x', { content: 'for bob' }), { to: toUsers(['bob']) });
    const cursors = fc.sample(cursorsLike('1767225600000-1'), 300);
    for (const cursor of cursors) {
      const query = `resume=${encodeURIComponent(cursor.toWellFormed())}`;
      const client = open(host.url, tokenOf('ann'), { query });
      expect((await nextFrame(client)).message_type).toBe('CONNECTED');
      const contents = await seen(host, 'ann', client);
      expect(contents.filter((content) => content !== 'RESYNC')).toEqual([]);
      client.socket.terminate();
    }
    expect(host.lines).toEqual([]);
  } finally {
    await host.close();
  }
}, 60_000);
