import { InvalidEventError, MissingMembershipsError } from '../live-messages.errors';
import { Audience, toEveryone, toTopic, toUsers } from '../log/audience';
import { USER_RECIPIENT, userOfTopic } from '../protocol/topic';
import { EventShape } from './event-catalog';

/**
 * Whom an event goes to when the host does not say: the members of its topic; for a `USER` topic that user and
 * the author; for a refresh everyone.
 *
 * @throws InvalidEventError when the event has no topic of its own
 */
export function ownAudience(shape: EventShape, fields: Readonly<Record<string, unknown>>): Audience {
  if (shape.name === 'UPDATE_STATUS' || shape.name === 'UPDATE_USERS') return toEveryone();
  if (!shape.hasTopic) {
    const message =
      'is needed: this event has no recipient_type and reference_id that would say whom it is for';
    throw new InvalidEventError(shape.name, [{ path: 'to', message }]);
  }
  const recipientType = fields.recipient_type as string;
  const referenceId = fields.reference_id as string;
  const author = fields.user_id;
  return validOrThrow(shape, () => {
    if (recipientType !== USER_RECIPIENT) return toTopic(recipientType, referenceId);
    return toUsers(typeof author === 'string' ? [referenceId, author] : [referenceId]);
  });
}

/** @throws MissingMembershipsError when only the host could tell who is in the audience, and it has not said so */
export function requireMembers(shape: EventShape, audience: Audience, hasMemberships: boolean): void {
  const { target } = audience;
  if (hasMemberships || target.kind !== 'topic' || userOfTopic(target.topic) !== undefined) return;
  throw new MissingMembershipsError(shape.name);
}

/** The host's own events may declare their topic more loosely than ours do. */
function validOrThrow(shape: EventShape, audience: () => Audience): Audience {
  try {
    return audience();
  } catch {
    const message = 'must name a recipient: a type without ":", and ids of 1 to 255 characters';
    throw new InvalidEventError(shape.name, [{ path: 'reference_id', message }]);
  }
}
