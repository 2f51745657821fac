import { Injectable } from '@nestjs/common';
import { LogWriter } from '../log/log-writer';
import { formatCursor } from '../log/position';
import { MembershipRecord } from '../log/records';
import { MAX_ID_LENGTH, isId } from '../protocol/id';
import { Topic, isTopic } from '../protocol/topic';

/** What a change of memberships resolves to. */
export interface MembershipAccepted {
  /** The change's place in the ordered log: events after it go by the new memberships. */
  readonly cursor: string;
}

/**
 * Where the host says that memberships have changed; call it after the commit. Every method resolves once the
 * ordered log has accepted the change, and rejects with `TypeError` for what are no ids or topics, and with
 * `LogUnavailableError`.
 */
@Injectable()
export class LiveMemberships {
  constructor(private readonly writer: LogWriter) {}

  /** Asks `topicsOf` again for these users: right whatever has changed, and the call to start with. */
  async changed(userIds: string | Iterable<string>): Promise<MembershipAccepted> {
    return this.append({ kind: 'membership', change: 'changed', userIds: idsOf(userIds), durable: true });
  }

  /** The users get the topic's events from here on. */
  async joined(userIds: string | Iterable<string>, topic: Topic): Promise<MembershipAccepted> {
    const ids = idsOf(userIds);
    return this.append({
      kind: 'membership',
      change: 'joined',
      userIds: ids,
      topic: checked(topic),
      durable: true,
    });
  }

  /** Nothing of the topic that is accepted after this reaches the users, whatever `topicsOf` still says. */
  async left(userIds: string | Iterable<string>, topic: Topic): Promise<MembershipAccepted> {
    const ids = idsOf(userIds);
    return this.append({
      kind: 'membership',
      change: 'left',
      userIds: ids,
      topic: checked(topic),
      durable: true,
    });
  }

  /** The topic is gone: everyone has left it. */
  async closed(topic: Topic): Promise<MembershipAccepted> {
    return this.append({ kind: 'membership', change: 'closed', topic: checked(topic), durable: true });
  }

  private async append(record: MembershipRecord): Promise<MembershipAccepted> {
    return { cursor: formatCursor(await this.writer.append(record)) };
  }
}

function idsOf(userIds: string | Iterable<string>): string[] {
  const ids = typeof userIds === 'string' ? [userIds] : [...userIds];
  if (!ids.every(isId)) throw new TypeError(`user ids must be strings of 1 to ${MAX_ID_LENGTH} characters`);
  return ids;
}

function checked(topic: Topic): Topic {
  if (!isTopic(topic)) throw new TypeError("the topic must be made by topic('CHANNEL', id)");
  return topic;
}
