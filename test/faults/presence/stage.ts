import { join } from 'node:path';
import { Child } from '../../../bench/src/child';
import { RedisServer } from '../../support/redis-server';
import { Node } from './node';
import { ClientsRole } from './roles';

const PREFIX = '{live-messages}:';

/** What may be there when everyone has gone: what says which nodes there are, and the log. */
const STAYS = ['life', 'nodes', 'loads', 'log', 'head', 'fleeting', 'revocations', 'writer'];

const PATIENCE_MS = 60_000;

/** One Redis, the nodes and the clients, each a process of its own. */
export class Stage {
  private constructor(
    readonly redis: RedisServer,
    readonly nodes: readonly Node[],
    readonly clients: Child<ClientsRole>,
  ) {}

  static async build(nodes: number, newsFile: string): Promise<Stage> {
    const redis = await RedisServer.start('--appendfsync', 'no', '--maxmemory-policy', 'noeviction');
    const starting = Array.from({ length: nodes }, (_, index) => Node.start(index, redis.port, newsFile));
    const clients = new Child<ClientsRole>('clients', join(__dirname, 'clients-process.js'));
    return new Stage(redis, await Promise.all(starting), clients);
  }

  /** Tells the clients where they may connect. */
  readonly tellUsable = (): void => {
    const usable = this.nodes.filter(({ isWell }) => isWell).map(({ index }) => index);
    void this.clients.ask(PATIENCE_MS, 'use', usable);
  };

  /** What is left in Redis of users, of dead nodes, and of news that nobody announces. */
  readonly leftovers = async (): Promise<string[]> => {
    const keys = (await this.redis.command('KEYS', '*')) as string[];
    const left = keys.filter((key) => !STAYS.includes(key.slice(PREFIX.length).split(':')[0]!));
    const living = this.nodes.filter(({ isUp }) => isUp).length;
    for (const [name, count] of [
      ['nodes', await this.redis.command('ZCARD', `${PREFIX}nodes`)],
      ['loads', await this.redis.command('HLEN', `${PREFIX}loads`)],
    ])
      if (count !== living) left.push(`${String(name)} has ${String(count)} nodes, ${living} live`);
    return left;
  };

  async end(): Promise<void> {
    await Promise.all([this.clients.end(), ...this.nodes.map((node) => node.end())]);
    await this.redis.stop();
  }
}
