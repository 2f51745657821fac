import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer } from '../../support/redis-server';
import { Proxy } from '../proxy';

const ARGS = ['--appendfsync', 'no', '--maxmemory-policy', 'noeviction', '--repl-timeout', '5'];

/** The place of the last record that a server has. */
export interface Head {
  readonly epoch: number;
  readonly seq: number;
}

/** A master and its replica, over a line that can be cut. */
export class RedisPair {
  private constructor(
    private first: RedisServer,
    private second: RedisServer,
    private line: Proxy,
  ) {}

  static async start(): Promise<RedisPair> {
    const [first, second] = await Promise.all([RedisServer.start(...ARGS), RedisServer.start(...ARGS)]);
    const pair = new RedisPair(first, second, await Proxy.to(first.port));
    await pair.replicate();
    return pair;
  }

  get masterPort(): number {
    return this.first.port;
  }

  get replicaPort(): number {
    return this.second.port;
  }

  /** From now on the replica gets nothing. */
  detach(): void {
    this.line.cut();
  }

  /** The replica is a master now. @returns what it has */
  async promote(): Promise<Head> {
    this.detach();
    await this.second.command('REPLICAOF', 'NO', 'ONE');
    const head = await this.second.command('HMGET', '{live-messages}:head', 'epoch', 'seq');
    const [epoch, seq] = (head as string[]).map(Number) as [number, number];
    return { epoch, seq };
  }

  killMaster(): Promise<void> {
    return this.first.kill();
  }

  /** The killed one comes back, empty, and follows the one that was promoted. */
  async rebuild(): Promise<void> {
    this.line.close();
    [this.first, this.second] = [this.second, this.first];
    this.second.forgetData();
    await this.second.up();
    this.line = await Proxy.to(this.first.port);
    await this.replicate();
  }

  async stop(): Promise<void> {
    this.line.close();
    await Promise.all([this.first.stop(), this.second.stop()]);
  }

  private async replicate(): Promise<void> {
    await this.second.command('REPLICAOF', '127.0.0.1', this.line.ownPort);
    while (!String(await this.second.command('INFO', 'replication')).includes('master_link_status:up'))
      await sleep(20);
  }
}
