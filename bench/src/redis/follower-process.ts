import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog, Position } from 'nestjs-live-messages';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { answer } from '../answer';
import { OurServer } from '../servers/ours';
import { FollowerRole } from './roles';
import { FollowerName } from './scenarios';

/** Between two looks at where the follower is, in milliseconds. */
const LOOK_MS = 20;

/** Something that follows a log, and says where it is. */
type Follow = (log: EventLog) => Promise<() => Position>;

/** Records are read and decoded, and nothing is done with them. */
const followTail: Follow = async (log) => {
  let place: Position;
  const onRecords = (records: readonly { readonly position: Position }[]) => {
    place = records.at(-1)!.position;
  };
  const onBreak = () => {
    throw new Error('the log is broken');
  };
  const { from } = await log.follow('now', { onRecords, onBreak });
  place = from;
  return () => place;
};

/** A whole node, whose window takes the records in, with nobody connected. */
const followAsNode: Follow = async (log) => {
  const server = new OurServer(log);
  await server.listen(1_000);
  return () => server.head;
};

const FOLLOW: Readonly<Record<FollowerName, Follow>> = { tail: followTail, node: followAsNode };

/** A node that only follows. */
class FollowerProcess implements FollowerRole {
  private place: (() => Position) | undefined;

  constructor(
    private readonly url: string,
    private readonly start: Follow,
  ) {}

  async follow(): Promise<void> {
    this.place = await this.start(redisEventLog({ url: this.url }));
  }

  async reached({ epoch, seq }: Position, timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const place = this.place?.();
      if (place?.epoch === epoch && place.seq >= seq) return;
      if (performance.now() > end) throw new Error(`is at ${place?.seq} and not at ${seq}`);
      await sleep(LOOK_MS);
    }
  }

  cpu(): number {
    const { user, system } = process.cpuUsage();
    return user + system;
  }
}

const [, , name, url] = process.argv;

answer(new FollowerProcess(url!, FOLLOW[name as FollowerName]));
