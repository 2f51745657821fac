import { Injectable, Logger } from '@nestjs/common';
import { LiveEventsService, LiveMemberships, topic, toTopic, toUsers } from 'nestjs-live-messages';
import type { MessageRow } from '../messages/message-row';

/**
 * Tells the open pages what was committed.
 *
 * Call it after the commit, never inside the transaction: a page that hears of a row may fetch it at once.
 * It never rejects. The database holds the truth, so a request whose event could not be sent has succeeded.
 */
@Injectable()
export class LiveFeed {
  private readonly logger = new Logger(LiveFeed.name);

  constructor(
    private readonly live: LiveEventsService,
    private readonly memberships: LiveMemberships,
  ) {}

  messagePosted(row: MessageRow): Promise<void> {
    return this.announce('a new message', () => this.live.message(row));
  }

  messageEdited(row: MessageRow): Promise<void> {
    return this.announce('an edit', () => this.live.messageEdited(row));
  }

  messageDeleted(row: MessageRow): Promise<void> {
    return this.announce('a deletion', () => this.live.messageDeleted(row));
  }

  typing(channelId: string, userId: string): Promise<void> {
    return this.announce('typing', () =>
      this.live.typing({ recipient_type: 'CHANNEL', reference_id: channelId, user_id: userId }),
    );
  }

  userAppeared(userId: string): Promise<void> {
    return this.announce('a new user', () => this.live.updateUsers({ actor: userId }));
  }

  async channelMade(channelId: string, userId: string): Promise<void> {
    await this.announce('a member', () => this.memberships.joined([userId], topic('CHANNEL', channelId)));
    await this.announce('a new channel', () => this.live.updateStatus({ actor: userId }));
  }

  async memberJoined(channelId: string, userId: string): Promise<void> {
    await this.announce('a member', () => this.memberships.joined([userId], topic('CHANNEL', channelId)));
    await this.refreshChannelsOf(userId);
    await this.refreshMembersOf(channelId, userId);
  }

  async memberLeft(channelId: string, userId: string): Promise<void> {
    await this.announce('a leaver', () => this.memberships.left([userId], topic('CHANNEL', channelId)));
    await this.refreshChannelsOf(userId);
    await this.refreshMembersOf(channelId, userId);
  }

  private refreshChannelsOf(userId: string): Promise<void> {
    return this.announce('a refresh', () => this.live.updateStatus({ to: toUsers([userId]), actor: userId }));
  }

  private refreshMembersOf(channelId: string, changedId: string): Promise<void> {
    const others = toTopic('CHANNEL', channelId).except([changedId]);
    return this.announce('a change of members', () =>
      this.live.updateUsers({ to: others, actor: changedId }),
    );
  }

  private async announce(what: string, emit: () => Promise<unknown>): Promise<void> {
    try {
      await emit();
    } catch (error) {
      // The package's errors name fields, never their values: no content comes into the log.
      this.logger.error(`Could not announce ${what}: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }
}
