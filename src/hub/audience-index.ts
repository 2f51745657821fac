import { AudienceTarget } from '../log/audience';
import { LogRecord } from '../log/records';
import { Topic, USER_RECIPIENT, topic } from '../protocol/topic';

/** Past that, an audience of users is looked through by everyone: an entry for each would outweigh the record. */
const MAX_USERS = 32;

const EVERYONE = '*';

/** Places of one audience in the log, ascending. */
class Places {
  private seqs: number[] = [];
  private first = 0;

  push(seq: number): void {
    this.seqs.push(seq);
  }

  /** @returns whether none is left */
  dropFirst(): boolean {
    this.first += 1;
    if (this.first > 32 && this.first * 2 > this.seqs.length) {
      this.seqs = this.seqs.slice(this.first);
      this.first = 0;
    }
    return this.first === this.seqs.length;
  }

  /** Those after one, from the newest on, so that whoever missed little looks at little. */
  collectAfter(seq: number, into: number[]): void {
    for (let index = this.seqs.length - 1; index >= this.first && this.seqs[index]! > seq; index -= 1)
      into.push(this.seqs[index]!);
  }
}

/** Which records of the window could be for whom: what a user missed is found without looking at the rest. */
export class AudienceIndex {
  private readonly byKey = new Map<string, Places>();

  add({ body, position }: LogRecord): void {
    if (!('audience' in body)) return;
    for (const key of keysOf(body.audience.target)) {
      let places = this.byKey.get(key);
      if (!places) this.byKey.set(key, (places = new Places()));
      places.push(position.seq);
    }
  }

  /** The oldest record of all is let go. */
  drop({ body }: LogRecord): void {
    if (!('audience' in body)) return;
    for (const key of keysOf(body.audience.target)) {
      if (this.byKey.get(key)?.dropFirst()) this.byKey.delete(key);
    }
  }

  clear(): void {
    this.byKey.clear();
  }

  /** The sequence numbers after one that may be for a user in these topics, ascending. */
  find(userId: string, topics: Iterable<Topic>, after: number): number[] {
    const found: number[] = [];
    const collect = (key: string) => this.byKey.get(key)?.collectAfter(after, found);
    collect(EVERYONE);
    collect(userKey(userId));
    const own = topic(USER_RECIPIENT, userId);
    collect(topicKey(own));
    for (const key of topics) if (key !== own) collect(topicKey(key));
    return found.sort((a, b) => a - b);
  }
}

function keysOf(target: AudienceTarget): string[] {
  if (target.kind === 'topic') return [topicKey(target.topic)];
  return target.kind === 'users' && target.userIds.length <= MAX_USERS
    ? target.userIds.map(userKey)
    : [EVERYONE];
}

function userKey(userId: string): string {
  return `u${userId}`;
}

function topicKey(key: Topic): string {
  return `t${key}`;
}
