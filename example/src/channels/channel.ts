export interface Channel {
  readonly id: string;
  readonly name: string;
}

/** A channel as one user sees it. */
export interface ListedChannel extends Channel {
  /** Whether that user is in it. */
  readonly member: boolean;
  /** The ids of the messages that user has not read: the last hundred, oldest first. */
  readonly unread: readonly string[];
}
