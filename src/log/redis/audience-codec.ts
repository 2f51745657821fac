import { isTopic } from '../../protocol/topic';
import { Audience, toEveryone, toTopic, toUsers } from '../audience';
import { isIds, isObject } from './shapes';

/** An audience as plain JSON: `{ topic }`, `{ users }` or `{ all: 1 }`, and `except` where there is one. */
export type EncodedAudience = Readonly<Record<string, unknown>>;

export function encodeAudience({ target, excepted }: Audience): EncodedAudience {
  const except = excepted.size > 0 ? { except: [...excepted] } : {};
  switch (target.kind) {
    case 'everyone':
      return { all: 1, ...except };
    case 'topic':
      return { topic: target.topic, ...except };
    case 'users':
      return { users: target.userIds, ...except };
  }
}

/** The audience again, made anew by the functions that make audiences; undefined where it is none. */
export function decodeAudience(value: unknown): Audience | undefined {
  if (!isObject(value)) return undefined;
  const audience = targetOf(value);
  const { except } = value;
  if (!audience || except === undefined) return audience;
  return isIds(except) ? audience.except(except) : undefined;
}

function targetOf({ all, topic, users }: EncodedAudience): Audience | undefined {
  if (all === 1) return toEveryone();
  if (isIds(users)) return toUsers(users);
  if (!isTopic(topic)) return undefined;
  const colon = topic.indexOf(':');
  return toTopic(topic.slice(0, colon), topic.slice(colon + 1));
}
