import { existsSync, readFileSync } from 'node:fs';

/** A call of a listener of `PresenceService`. */
export interface News {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The node, and which of its processes: `3.1`. */
  readonly node: string;
  readonly user: number;
  readonly online: boolean;
}

export function newsLine({ at, node, user, online }: News): string {
  return `${at} ${node} ${user} ${online ? '+' : '-'}\n`;
}

/** All that was told so far on any node, in order. */
export function readNews(file: string): News[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines
    .map((line) => {
      const [at, node, user, sign] = line.split(' ') as [string, string, string, string];
      return { at: Number(at), node, user: Number(user), online: sign === '+' };
    })
    .sort((one, other) => one.at - other.at);
}
