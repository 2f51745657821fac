import { channelId, userId } from '../message';
import { Scale } from '../scenarios';
import { channelsOf } from '../topology';

/** Who is in which channel, in memory; every server asks it the same question for each connection. */
export class Memberships {
  private readonly byUser = new Map<string, readonly string[]>();

  /** All are made at once, before anything is measured. */
  constructor(scale: Scale) {
    const ids = new Map<number, string>();
    const idOf = (channel: number) => {
      if (!ids.has(channel)) ids.set(channel, channelId(channel));
      return ids.get(channel)!;
    };
    for (let user = 0; user < scale; user += 1) {
      this.byUser.set(userId(user), channelsOf(user, scale).map(idOf));
    }
  }

  /** The ids of a user's channels. */
  channelIdsOf(user: string): readonly string[] {
    return this.byUser.get(user) ?? [];
  }
}
