import { LogUnavailableError, MemoryEventLog, Position, RecordBatch, topic } from 'nestjs-live-messages';
import { connect } from './support/client';
import { nextFrame, resume } from './support/resumable';
import { messageRow } from './support/rows';
import { seen } from './support/seen';
import { tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

/** A log that takes nothing while it is told to. */
class FullLog extends MemoryEventLog {
  isFull = false;

  override append(batch: RecordBatch): Promise<readonly Position[]> {
    return this.isFull
      ? Promise.reject(new LogUnavailableError('refused', 'the log is full'))
      : super.append(batch);
  }
}

const general = topic('CHANNEL', 'general');
let host: WatchedHost;
let log: FullLog;

beforeEach(async () => {
  log = new FullLog();
  host = await startWatchedHost({ options: { log } });
  host.source.put('ann', general);
  host.source.put('bob', topic('CHANNEL', 'random'));
});
afterEach(() => host.close());

const refusal = () => host.live.message(messageRow('general', { content: 'refused' }));

it('an event that the log refused brings its audience RESYNC when the log is back, and nobody else', async () => {
  const { client: ann } = await resume(host, 'ann');
  const { client: bob } = await resume(host, 'bob');
  log.isFull = true;
  await expect(refusal()).rejects.toMatchObject({ outcome: 'refused' });
  log.isFull = false;
  const { cursor } = await host.live.message(messageRow('general', { content: 'taken' }));
  expect(await nextFrame(ann)).toMatchObject({ content: 'taken', cursor });
  expect(await nextFrame(ann)).toMatchObject({ message_type: 'RESYNC', reason: 'EVENT_REFUSED' });
  expect(await seen(host, 'ann', ann)).toEqual([]);
  expect(await seen(host, 'bob', bob)).toEqual([]);
});

it('on resume, too: RESYNC, and nothing of the replay', async () => {
  const { client, connected } = await resume(host, 'ann');
  client.socket.terminate();
  await host.live.message(messageRow('general', { content: 'before' }));
  log.isFull = true;
  await expect(refusal()).rejects.toMatchObject({ outcome: 'refused' });
  log.isFull = false;
  await host.live.message(messageRow('general', { content: 'after' }));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { client: back, connected: again } = await resume(host, 'ann', connected.cursor);
  expect(again.resumed).toBe(false);
  const resync = await nextFrame(back);
  expect(resync).toMatchObject({ reason: 'EVENT_REFUSED', cursor: again.cursor });
  expect(await seen(host, 'ann', back)).toEqual([]);
  back.socket.terminate();
  // Whoever has fetched since is not told again.
  const { connected: later } = await resume(host, 'ann', resync.cursor);
  expect(later.resumed).toBe(true);
});

it('a plain connection is sent away, so that its front end reloads; one that comes later is not', async () => {
  const ann = await connect(host.url, tokenOf('ann'));
  log.isFull = true;
  await expect(refusal()).rejects.toMatchObject({ outcome: 'refused' });
  log.isFull = false;
  await host.live.updateUsers();
  expect(await ann.closed).toEqual({ code: 1012, reason: '{"reconnect_within_ms":8000}' });
  const back = await connect(host.url, tokenOf('ann'));
  expect(await seen(host, 'ann', back)).toEqual([]);
});
