import { Topic } from '../protocol/topic';

/** What a host implements, and names in the option `memberships`, to say which topics a user is in. */
export interface MembershipSource {
  /**
   * The topics of a user, made by `topic('CHANNEL', id)`; his own `USER` topic need not be among them. Asked when he
   * connects, after `LiveMemberships.changed`, and every `membershipOptions.recheckMs` while he is connected.
   */
  topicsOf(userId: string): Promise<Iterable<Topic>> | Iterable<Topic>;
}
