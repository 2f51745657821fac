import { MAX_ID_LENGTH } from './id';

declare const brand: unique symbol;

/** A `recipient_type` and a `reference_id` as one key: what a user can be a member of. Made by {@link topic}. */
export type Topic = string & { readonly [brand]: 'topic' };

/** The `recipient_type` of a message to one user. Everyone is implicitly in `USER:<own id>`. */
export const USER_RECIPIENT = 'USER';

/** The longest `recipient_type`, in UTF-16 code units. */
export const MAX_RECIPIENT_TYPE_LENGTH = 64;

/**
 * The topic of a recipient: `topic('CHANNEL', channel.id)`. Ids are compared as text, so that an id with another case
 * (a UUID from a URL, say) is another topic: bring ids into one form first.
 *
 * @param recipientType 1 to 64 characters without `:`; types other than `CHANNEL` and `USER` are the host's to name
 * @param referenceId 1 to 255 characters
 * @throws TypeError when one of them is not such a string
 */
export function topic(recipientType: string, referenceId: string): Topic {
  const key = `${recipientType}:${referenceId}`;
  const areStrings = typeof recipientType === 'string' && typeof referenceId === 'string';
  if (!areStrings || recipientType.includes(':') || !isTopic(key)) {
    throw new TypeError(
      `topic(recipientType, referenceId) needs a recipientType of 1 to ${MAX_RECIPIENT_TYPE_LENGTH} characters ` +
        `without ":" and a referenceId of 1 to ${MAX_ID_LENGTH} characters`,
    );
  }
  return key;
}

/** Whether a value is a topic's key. */
export function isTopic(value: unknown): value is Topic {
  if (typeof value !== 'string') return false;
  const colon = value.indexOf(':');
  const idLength = value.length - colon - 1;
  if (colon <= 0 || colon > MAX_RECIPIENT_TYPE_LENGTH || idLength === 0) return false;
  return idLength <= MAX_ID_LENGTH && value.isWellFormed();
}

/** The user whose own topic this is, or undefined for any other topic. */
export function userOfTopic(key: Topic): string | undefined {
  return key.startsWith(`${USER_RECIPIENT}:`) ? key.slice(USER_RECIPIENT.length + 1) : undefined;
}
