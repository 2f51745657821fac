import { MAX_ID_LENGTH, isId } from '../protocol/id';
import { Topic, topic } from '../protocol/topic';

/** Whom an event is for, before `except`. */
export type AudienceTarget =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'topic'; readonly topic: Topic }
  | { readonly kind: 'users'; readonly userIds: readonly string[] };

/** Only this module makes audiences: every other part may rely on what stands in one. */
const MAKER = Symbol('maker');

const NOBODY: ReadonlySet<string> = new Set();

/** Whom an event is for: everyone, the members of a topic, or users by id; made by `toEveryone`, `toTopic`, `toUsers`. */
export class Audience {
  readonly #isMade = true;

  /** @internal */
  constructor(
    maker: symbol,
    readonly target: AudienceTarget,
    readonly excepted: ReadonlySet<string> = NOBODY,
  ) {
    if (maker !== MAKER) throw new TypeError('an Audience comes from toTopic(), toUsers() or toEveryone()');
  }

  /** Whether a value is an audience, and not merely looks like one. */
  static is(value: unknown): value is Audience {
    return typeof value === 'object' && value !== null && #isMade in value;
  }

  /**
   * The same audience without these users (those who blocked the author, say).
   *
   * @throws TypeError when one is not a user id
   */
  except(userIds: Iterable<string>): Audience {
    return new Audience(MAKER, this.target, new Set([...this.excepted, ...checkedIds('except', userIds)]));
  }
}

/** Everyone who is connected. */
export function toEveryone(): Audience {
  return new Audience(MAKER, { kind: 'everyone' });
}

/**
 * The members of a topic.
 *
 * @throws TypeError as {@link topic} does
 */
export function toTopic(recipientType: string, referenceId: string): Audience {
  return new Audience(MAKER, { kind: 'topic', topic: topic(recipientType, referenceId) });
}

/**
 * These users, on all their connections, whatever their memberships.
 *
 * @throws TypeError when one is not a user id: a string of 1 to 255 characters
 */
export function toUsers(userIds: Iterable<string>): Audience {
  return new Audience(MAKER, { kind: 'users', userIds: [...new Set(checkedIds('toUsers', userIds))] });
}

function checkedIds(caller: string, userIds: Iterable<string>): string[] {
  const ids = typeof userIds === 'string' ? [userIds] : [...userIds];
  for (const id of ids) {
    if (!isId(id)) {
      throw new TypeError(`${caller}(userIds) needs user ids: strings of 1 to ${MAX_ID_LENGTH} characters`);
    }
  }
  return ids;
}
