import { setTimeout as sleep } from 'node:timers/promises';
import { LogRecorder } from '../../test/support/log-recorder';
import { ConnectionRegistry } from '../hub/connection-registry';
import { LiveUsers } from '../hub/live-users';
import { ThisNode } from '../hub/this-node';
import { LogWriter } from '../log/log-writer';
import { MemoryEventLog } from '../log/memory-event-log';
import { PresenceNews } from '../log/presence-store';
import { PresenceAgent } from './presence-agent';

const arrival = (userId: string): PresenceNews => ({
  changes: [{ userId, online: true }],
  isIncomplete: false,
});

describe('what a node announces', () => {
  let log: MemoryEventLog;
  let recorder: LogRecorder;
  let writer: LogWriter;
  const heard: string[] = [];

  beforeEach(async () => {
    log = new MemoryEventLog();
    writer = new LogWriter(log, 1_000);
    recorder = new LogRecorder();
    heard.length = 0;
    await log.follow('now', recorder);
  });
  afterEach(async () => {
    writer.close();
    await log.close();
  });

  function agentWith(updateUsers: boolean): PresenceAgent {
    const users = new LiveUsers();
    const options = { graceMs: 0, connectionsPerUser: 20, updateUsers };
    const registry = new ConnectionRegistry(users, () => undefined);
    const agent = new PresenceAgent(
      log.presence(),
      registry,
      writer,
      new ThisNode(),
      options,
      () => undefined,
    );
    agent.listen(({ userId, online }) => heard.push(`${userId} ${online}`));
    return agent;
  }

  it('is one UPDATE_USERS for all who come in the same second, and each of them to listeners', async () => {
    const agent = agentWith(true);
    await agent.onNews(arrival('ann'));
    const others = Array.from({ length: 50 }, (_, index) => agent.onNews(arrival(`${index}`)));
    await Promise.all(others);
    // What the log has accepted it hands out in the next turn.
    await recorder.when(() => recorder.told.length >= 2);
    await sleep(50);
    expect(recorder.told).toEqual(['refresh', 'refresh']);
    expect(heard).toHaveLength(51);
  });

  it('is nothing for clients unless the host wants it', async () => {
    const agent = agentWith(false);
    await agent.onNews(arrival('ann'));
    await agent.onNews({ changes: [], isIncomplete: true });
    await sleep(50);
    expect([recorder.told, heard]).toEqual([[], ['ann true']]);
  });

  it('is told to nobody while the log refuses, so that it can come again', async () => {
    const agent = agentWith(true);
    await log.close();
    await expect(agent.onNews(arrival('ann'))).rejects.toMatchObject({ outcome: 'refused' });
    expect(heard).toEqual([]);
  });
});
