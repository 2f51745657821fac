import { join } from 'node:path';
import { Child } from '../../bench/src/child';
import { RedisServer } from '../support/redis-server';
import { Lives } from './lives';
import { Node } from './node';
import { ClientsRole, NodeRole } from './roles';

/** One Redis, three nodes and the clients, each a process of its own. */
export class Stage {
  readonly lives = new Lives();

  private constructor(
    readonly redis: RedisServer,
    readonly nodes: readonly Node<NodeRole>[],
    readonly clients: Child<ClientsRole>,
  ) {}

  static async build(): Promise<Stage> {
    // What it has answered, it has written: that a process is killed loses nothing.
    const redis = await RedisServer.start('--appendfsync', 'no', '--maxmemory-policy', 'noeviction');
    const names = ['node 0', 'node 1', 'node 2'];
    const file = join(__dirname, 'node-process.js');
    const nodes = await Promise.all(names.map((name) => Node.start<NodeRole>(name, file, redis.port)));
    const clients = new Child<ClientsRole>('clients', join(__dirname, 'clients-process.js'));
    return new Stage(redis, nodes, clients);
  }

  async end(): Promise<void> {
    await Promise.all([this.clients.end(), ...this.nodes.map((node) => node.end())]);
    await this.redis.stop();
  }
}
