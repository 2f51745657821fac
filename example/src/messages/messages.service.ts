import { ForbiddenException, Injectable, NotFoundException } from '@nestjs/common';
import { MembersService } from '../channels/members.service';
import { Database, type Queryable } from '../database/database';
import { LiveFeed } from '../live/live-feed';
import type { MessageRow } from './message-row';
import { MessagesRepository } from './messages.repository';

const PAGE_SIZE = 50;

@Injectable()
export class MessagesService {
  constructor(
    private readonly database: Database,
    private readonly messages: MessagesRepository,
    private readonly members: MembersService,
    private readonly feed: LiveFeed,
  ) {}

  async list(channelId: string, userId: string, before?: string): Promise<MessageRow[]> {
    await this.members.assertMember(channelId, userId);
    return this.messages.page(channelId, before, PAGE_SIZE);
  }

  async post(channelId: string, userId: string, content: string): Promise<MessageRow> {
    const row = await this.database.transaction(async (tx) => {
      await this.members.assertMember(channelId, userId, tx);
      return this.messages.insert(channelId, userId, content, tx);
    });
    await this.feed.messagePosted(row);
    return row;
  }

  async edit(id: string, userId: string, content: string): Promise<MessageRow> {
    const row = await this.database.transaction(async (tx) => {
      await this.assertAuthor(id, userId, tx);
      return this.messages.changeContent(id, content, tx);
    });
    await this.feed.messageEdited(row);
    return row;
  }

  async delete(id: string, userId: string): Promise<MessageRow> {
    const row = await this.database.transaction(async (tx) => {
      await this.assertAuthor(id, userId, tx);
      return this.messages.markDeleted(id, tx);
    });
    await this.feed.messageDeleted(row);
    return row;
  }

  async typing(channelId: string, userId: string): Promise<void> {
    await this.members.assertMember(channelId, userId);
    await this.feed.typing(channelId, userId);
  }

  private async assertAuthor(id: string, userId: string, tx: Queryable): Promise<void> {
    const row = await this.messages.lock(id, tx);
    if (!row || row.deleted) throw new NotFoundException('There is no such message');
    if (row.user_id !== userId) throw new ForbiddenException('Only its author may change a message');
    // Who was removed from a channel must not speak in it through an old message.
    await this.members.assertMember(row.reference_id, userId, tx);
  }
}
