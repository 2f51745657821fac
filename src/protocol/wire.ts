/** The first frame of a plain connection, as a JSON string. */
export const GREETING = 'Websocket Connection Established';

/** The subprotocol that a client offers when it brings its token in `Sec-WebSocket-Protocol`. */
export const SUBPROTOCOL = 'live-messages';

/** What stands before the token in the second entry of `Sec-WebSocket-Protocol`. */
export const BEARER_SUBPROTOCOL_PREFIX = 'bearer.';

/** The longest token, in bytes. */
export const MAX_TOKEN_BYTES = 8_192;

/** The `message_type`s of the six events that every chat has. */
export const MESSAGE_TYPES = [
  'MESSAGE',
  'EDIT_MESSAGE',
  'DELETE_MESSAGE',
  'TYPING',
  'UPDATE_STATUS',
  'UPDATE_USERS',
] as const;

/** The `message_type`s that the server keeps for its own control objects. */
export const CONTROL_TYPES = ['CONNECTED', 'RESYNC', 'HEARTBEAT'] as const;

/** A message, edit or deletion as it stands on the wire. */
export interface MessageOnWire {
  readonly id: string;
  readonly user_id: string;
  readonly content: string;
  /** UTC, `YYYY-MM-DD HH:MM:SS` and 1 to 9 digits of a second's fraction. */
  readonly date_created: string;
  readonly date_updated: string;
  readonly message_type: 'MESSAGE' | 'EDIT_MESSAGE' | 'DELETE_MESSAGE';
  readonly recipient_type: string;
  readonly reference_id: string;
  readonly deleted: boolean;
}

/** A typing indicator as it stands on the wire. */
export interface TypingOnWire {
  readonly message_type: 'TYPING';
  readonly recipient_type: string;
  readonly reference_id: string;
  readonly user_id: string;
}

/** A hint to fetch again, as it stands on the wire. */
export interface RefreshOnWire {
  readonly message_type: 'UPDATE_STATUS' | 'UPDATE_USERS';
}

/** Any of the six events as it stands on the wire. */
export type EventOnWire = MessageOnWire | TypingOnWire | RefreshOnWire;
