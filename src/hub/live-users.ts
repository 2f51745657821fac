import { Connection } from './connection';
import { LiveUser } from './live-user';

/** The users with connections on this node, each with his connections. */
export class LiveUsers {
  private readonly byId = new Map<string, LiveUser>();
  private count = 0;

  /** How many connections there are. */
  get connectionCount(): number {
    return this.count;
  }

  get(userId: string): LiveUser | undefined {
    return this.byId.get(userId);
  }

  ids(): IterableIterator<string> {
    return this.byId.keys();
  }

  [Symbol.iterator](): IterableIterator<LiveUser> {
    return this.byId.values();
  }

  add(connection: Connection): LiveUser {
    let user = this.byId.get(connection.userId);
    if (!user) this.byId.set(connection.userId, (user = new LiveUser(connection.userId)));
    user.connections.push(connection);
    this.count += 1;
    return user;
  }

  /** @returns the user, when this was his last connection */
  remove(connection: Connection): LiveUser | undefined {
    const user = this.byId.get(connection.userId);
    const place = user?.connections.indexOf(connection) ?? -1;
    if (!user || place < 0) return undefined;
    user.connections.splice(place, 1);
    this.count -= 1;
    if (user.connections.length > 0) return undefined;
    this.byId.delete(user.id);
    return user;
  }
}
