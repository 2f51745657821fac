import { EventLog, redisEventLog } from './support/redis-log';
import { LogUnavailableError } from '../src/live-messages.errors';
import { LogWriter } from '../src/log/log-writer';
import { LogRecorder, event } from './support/log-recorder';
import { RedisServer } from './support/redis-server';

const EMIT_TIMEOUT_MS = 1_500;
const GRACE_MS = 500;

let server: RedisServer;
let log: EventLog;
let writer: LogWriter;
let follower: LogRecorder;

afterEach(async () => {
  writer.close();
  await log.close();
  server.resume();
  await server.stop();
});

function begin(): void {
  log = redisEventLog({ url: server.url });
  writer = new LogWriter(log, EMIT_TIMEOUT_MS);
  follower = new LogRecorder();
}

async function beginFollowing(): Promise<void> {
  server = await RedisServer.start();
  begin();
  await log.follow('now', follower);
  await writer.append(event('first'));
  await follower.until('first');
}

/** Until the writing side knows that its connection is gone: what it has written before that is in doubt. */
async function untilNoticed(): Promise<void> {
  for (let probe = 1; ; probe += 1) {
    const batch = { writerId: `probe ${probe}`, number: 1, records: [] };
    const error: unknown = await log.append(batch).catch((reason: unknown) => reason);
    if (error instanceof LogUnavailableError) return;
  }
}

/** How an append ends, and within how many milliseconds. */
async function outcomeOf(name: string): Promise<[outcome: string, ms: number]> {
  const start = performance.now();
  const outcome = await writer.append(event(name)).then(
    () => 'accepted',
    (error: { outcome: string }) => error.outcome,
  );
  return [outcome, performance.now() - start];
}

/** Appends until the log takes one. */
async function untilAccepted(name: string): Promise<void> {
  while ((await outcomeOf(name))[0] !== 'accepted') await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('absent at boot', () => {
  it('refuses appends and followers, soon, and takes them once it is there', async () => {
    server = await RedisServer.prepare();
    begin();
    const following = log.follow('now', follower);
    await expect(following).rejects.toMatchObject({ name: 'LogUnavailableError', outcome: 'refused' });
    const [outcome, ms] = await outcomeOf('too early');
    expect(outcome).toBe('refused');
    expect(ms).toBeLessThan(EMIT_TIMEOUT_MS);
    await server.up();
    await untilAccepted('begin');
    await log.follow('now', follower);
    await writer.append(event('end'));
    await follower.until('end');
    expect(toldWithoutRefusals()).toEqual(['end']);
  });

  it('closes while it connects', async () => {
    server = await RedisServer.prepare();
    begin();
    const following = log.follow('now', follower);
    const appending = outcomeOf('never');
    await log.close();
    await expect(following).rejects.toMatchObject({ outcome: 'refused' });
    expect((await appending)[0]).toBe('refused');
    await server.up();
    expect(await server.command('CLIENT', 'LIST')).not.toMatch(/id=\d+[^\n]*\n[^\n]*id=/);
  });
});

/** Whom a refused event was for comes at a time of its own. */
const toldWithoutRefusals = () => follower.told.filter((name) => name !== 'refusal');

describe('gone', () => {
  it('refuses what was not sent, at once after a grace, and the follower goes on', async () => {
    await beginFollowing();
    await server.kill();
    await untilNoticed();
    const outcomes = [await outcomeOf('a'), await outcomeOf('b'), await outcomeOf('c')];
    expect(outcomes.map(([outcome]) => outcome)).toEqual(['refused', 'refused', 'refused']);
    expect(Math.max(...outcomes.map(([, ms]) => ms))).toBeLessThan(GRACE_MS + 200);
    expect(outcomes[2]![1]).toBeLessThan(GRACE_MS / 2);
    await server.up();
    await untilAccepted('end');
    await follower.until('end');
    expect(toldWithoutRefusals()).toEqual(['first', 'break', 'end']);
  });

  it('with a batch on its way, resends that first, and shows each record at most once', async () => {
    await beginFollowing();
    server.pause();
    const first = outcomeOf('a');
    await new Promise(setImmediate);
    const second = outcomeOf('b');
    await server.kill();
    expect((await first)[0]).toBe('unknown');
    expect((await second)[0]).toBe('refused');
    await server.up();
    await untilAccepted('end');
    await follower.until('end');
    await follower.until('refusal');
    expect(toldWithoutRefusals()).toEqual(['first', 'break', 'a', 'end']);
  });

  it('restarted with its data tells the break: nobody can prove that nothing was lost', async () => {
    await beginFollowing();
    const { position } = follower.records[0]!;
    await server.kill();
    await server.up();
    await follower.until('break');
    await untilAccepted('end');
    await follower.until('end');
    expect(toldWithoutRefusals()).toEqual(['first', 'break', 'end']);
    expect(follower.breaks[0]!.epoch).toBeGreaterThan(position.epoch);
    expect(await log.read(follower.records[0]!.position, 10)).toMatchObject({ kind: 'lost' });
  });

  it('tells the break as soon as the connection is back, not at the next beat', async () => {
    server = await RedisServer.start();
    log = redisEventLog({ url: server.url }, undefined, { beatMs: 60_000 });
    writer = new LogWriter(log, EMIT_TIMEOUT_MS);
    follower = new LogRecorder();
    await log.follow('now', follower);
    await server.kill();
    await server.up();
    await follower.until('break');
  });

  it('restarted empty tells the break, and gives no position twice', async () => {
    await beginFollowing();
    await server.kill();
    server.forgetData();
    await server.up();
    await follower.until('break');
    await untilAccepted('end');
    await follower.until('end');
    expect(toldWithoutRefusals()).toEqual(['first', 'break', 'end']);
    expect([...follower.byPosition.values()].every((names) => names.size === 1)).toBe(true);
    expect(follower.records[1]!.position).toEqual({ ...follower.breaks[0]!, seq: 1 });
  });

  it('emptied while it runs tells the break at the next look', async () => {
    await beginFollowing();
    await server.command('FLUSHALL');
    await follower.until('break');
    await writer.append(event('end'));
    await follower.until('end');
    expect(toldWithoutRefusals()).toEqual(['first', 'break', 'end']);
  });
});

describe('hanging', () => {
  it('says unknown within the timeout, and shows each record once when it goes on', async () => {
    await beginFollowing();
    server.pause();
    const outcomes = await Promise.all([outcomeOf('a'), outcomeOf('b')]);
    expect(outcomes.map(([outcome]) => outcome)).toEqual(['unknown', 'unknown']);
    expect(Math.max(...outcomes.map(([, ms]) => ms))).toBeLessThan(EMIT_TIMEOUT_MS + 200);
    // Long enough for connections to be given up, and the batch to be sent again.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    server.resume();
    await untilAccepted('end');
    await follower.until('end');
    expect(toldWithoutRefusals()).toEqual(['first', 'a', 'b', 'end']);
  });

  it('hanging at boot does not hold anybody', async () => {
    server = await RedisServer.start();
    server.pause();
    begin();
    await expect(log.follow('now', follower)).rejects.toMatchObject({ outcome: 'refused' });
    expect((await outcomeOf('a'))[0]).toBe('refused');
    server.resume();
    await untilAccepted('end');
  });
});

it('slow, it keeps the order and loses nothing', async () => {
  await beginFollowing();
  const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
  await server.command('CLIENT', 'PAUSE', 300, 'ALL');
  const outcomes = Promise.all(names.map(outcomeOf));
  await server.command('CLIENT', 'PAUSE', 300, 'ALL');
  expect((await outcomes).every(([outcome]) => outcome === 'accepted')).toBe(true);
  await follower.until('n49');
  expect(toldWithoutRefusals()).toEqual(['first', ...names]);
});
