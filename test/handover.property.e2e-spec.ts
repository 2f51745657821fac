import fc from 'fast-check';
import { comparePositions, parseCursor } from '../src/log/position';
import { EventRecord, LogRecord } from '../src/log/records';
import { Client } from './property/client';
import { Expected, Model, isOvertaken } from './property/model';
import { commands } from './property/steps';
import { Pair, World } from './property/world';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 300);
const COMMANDS = Number(process.env.PROPERTY_COMMANDS ?? 80);

const numberOf = (text: string) => (JSON.parse(text) as { n?: number }).n;
const eventsOf = (log: readonly LogRecord[]) =>
  log.filter((record): record is LogRecord<EventRecord> => record.body.kind === 'event');

/** How often a client fetches is up to a budget, which is no matter here. */
const withoutSpread = (text: string) => text.replace(/"spread_ms":\d+/, '"spread_ms":0');

/** What holds by the log alone, whatever the host answered and the model says. */
function checkByTheLog({ expected, socket }: Pair, model: Model): void {
  const { log, userId, tookPlaceAt, resume } = expected;
  const numbers = socket.texts.map(numberOf).filter((n) => n !== undefined);
  const records = eventsOf(log).filter(({ body }) => numbers.includes(numberOf(body.json)!));
  expect(records.map(({ body }) => numberOf(body.json))).toEqual(numbers);
  const from = resume ? (parseCursor(resume)?.seq ?? 0) : tookPlaceAt;
  const isKick = ({ body, position }: LogRecord): boolean =>
    body.kind === 'disconnect' && body.userId === userId && position.seq > tookPlaceAt;
  const kick = log.find(isKick)?.position.seq ?? Infinity;
  for (const { body, position } of records) {
    const { target, excepted } = body.audience;
    expect(position.seq).toBeGreaterThan(Math.min(from, tookPlaceAt));
    expect(position.seq).toBeLessThan(kick);
    expect(excepted).not.toContain(userId);
    if (target.kind === 'users') expect(target.userIds).toContain(userId);
    if (target.kind === 'topic') expect(model.bars(userId, target.topic, position.seq, log)).toBe(false);
  }
}

/** Nothing that was for a client, whatever the memberships, is missing in silence. */
function checkNoGap(client: Client, logs: Set<readonly LogRecord[]>): void {
  const beginning = parseCursor(client.beginning ?? '');
  if (!beginning || client.hasLied) return;
  const received = new Set(client.received.map(({ n }) => n));
  const fetches = client.fetches.map((cursor) => parseCursor(cursor)!);
  for (const log of logs) {
    const mine = eventsOf(log).filter(({ body: { audience } }) => {
      const { target, excepted } = audience;
      const isIn =
        target.kind === 'everyone' || (target.kind === 'users' && target.userIds.includes(client.userId));
      return isIn && !excepted.has(client.userId);
    });
    const got = eventsOf(log).filter(({ body }) => received.has(numberOf(body.json)));
    for (const record of mine) {
      const { position, body } = record;
      if (comparePositions(position, beginning) <= 0) continue;
      const wasFetched = fetches.some((fetch) => comparePositions(position, fetch) <= 0);
      const later = got.filter((other) => comparePositions(other.position, position) > 0);
      if (!received.has(numberOf(body.json)) && !wasFetched && !isOvertaken(record, later)) {
        throw new Error(`${client.userId} has missed ${body.json} in silence`);
      }
    }
  }
}

/** Everyone comes back, everything is answered and delivered, and one more event for all. */
async function runToTheEnd(world: World): Promise<void> {
  const settle = async () => {
    await world.tick(Infinity);
    while (world.calls.length > 0) await world.answer(0, 0);
  };
  while (world.upgrades.length > 0) world.abandon(0);
  await settle();
  for (const client of world.clients.filter(({ mayConnect }) => mayConnect)) {
    world.upgrade(client.userId, client, client.cursor);
    await world.register(0);
  }
  await settle();
  world.emitToAll();
  await settle();
}

it(`brings every connection exactly what PROTOCOL.md says, however everything interleaves: ${RUNS} runs`, async () => {
  const property = fc.asyncProperty(commands(COMMANDS), async (steps) => {
    const model = new Model();
    const world = new World(model);
    await world.start();
    await fc.asyncModelRun(() => ({ model, real: world }), steps);
    await runToTheEnd(world);
    const logs = new Set<readonly LogRecord[]>();
    for (const pair of world.pairs) {
      const { expected, socket, connection } = pair;
      logs.add(expected.log);
      expect(socket.texts.map(withoutSpread)).toEqual(expected.frames);
      expect(socket.closes.map(({ name, reason }) => (name === 'unauthorized' ? reason : name))).toEqual(
        closeOf(expected),
      );
      if (expected.log === model.log) expect(connection.isLive).toBe(expected.closed === undefined);
      checkByTheLog(pair, model);
    }
    expect(world.reports.filter((line) => !line.includes('no database'))).toEqual([]);
    for (const pair of world.open()) await world.disconnect(pair);
    for (const client of world.clients) checkNoGap(client, logs);
    expect(world.held).toBe(0);
    world.trim();
    expect(world.inside.window.index.byKey.size).toBe(0);
    await world.stop();
  });
  await fc.assert(property, { numRuns: RUNS });
}, 3_600_000);

function closeOf({ closed }: Expected): string[] {
  if (closed === undefined || closed === 'left') return [];
  return [closed === 'expired' ? 'token expired' : closed];
}
