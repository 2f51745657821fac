/** The spec's first sample, with the keys in its order; the digits of ids hold numbers. */
export interface Message {
  readonly id: string;
  readonly user_id: string;
  readonly content: string;
  readonly date_created: string;
  readonly date_updated: string;
  readonly message_type: 'MESSAGE';
  readonly recipient_type: 'CHANNEL';
  readonly reference_id: string;
  readonly deleted: false;
}

/** What tells a client that it is connected: the spec's words. */
export const GREETING = JSON.stringify('Websocket Connection Established');

/** The n-th event of a life: every one is as long as the spec's. */
export function messageOf(event: number, channel: number): Message {
  return {
    id: `da032ee6-bad0-4f08-9841-${twelveDigits(event)}`,
    user_id: '20424c2e-1cf9-4345-81c0-4aaa59d876a2',
    content: 'hello',
    date_created: '2024-09-09 14:06:11.251848',
    date_updated: '2024-09-09 14:26:57.768097138',
    message_type: 'MESSAGE',
    recipient_type: 'CHANNEL',
    reference_id: channelId(channel),
    deleted: false,
  };
}

/** A channel's id by its number. */
export function channelId(channel: number): string {
  return `c8132499-8e78-47fd-ada4-${twelveDigits(channel)}`;
}

/** A user's id by his number. */
export function userId(user: number): string {
  return `5d1c7a3e-64c0-4be1-b0f5-${twelveDigits(user)}`;
}

function twelveDigits(number: number): string {
  return String(number).padStart(12, '0');
}
