import { MessageRow } from 'nestjs-live-messages';

let count = 0;

/** A message's row in a channel, as a host's database has it. */
export function messageRow(channelId: string, overrides: Partial<MessageRow> = {}): MessageRow {
  count += 1;
  return {
    id: `message-${count}`,
    user_id: 'author',
    content: `hello ${count}`,
    date_created: '2024-09-09 14:06:11.251848',
    date_updated: null,
    recipient_type: 'CHANNEL',
    reference_id: channelId,
    ...overrides,
  };
}
