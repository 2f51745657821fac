/** A message as REST and the live endpoint show it. */
export interface MessageRow {
  readonly id: string;
  readonly user_id: string;
  readonly content: string;
  /** `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
  readonly date_created: string;
  /** The same form; `date_created` until the message changes. */
  readonly date_updated: string;
  /** The last thing that happened to the message. */
  readonly message_type: 'MESSAGE' | 'EDIT_MESSAGE' | 'DELETE_MESSAGE';
  readonly recipient_type: 'CHANNEL';
  readonly reference_id: string;
  readonly deleted: boolean;
}
