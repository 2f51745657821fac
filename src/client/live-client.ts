import type { ResyncReason } from '../protocol/control.ts';
import type { MessageOnWire, RefreshOnWire, TypingOnWire } from '../protocol/wire.ts';

/** The events of every chat by their `message_type`; a host's own are added by intersection. */
export interface ChatEvents {
  MESSAGE: MessageOnWire & { readonly message_type: 'MESSAGE' };
  EDIT_MESSAGE: MessageOnWire & { readonly message_type: 'EDIT_MESSAGE' };
  DELETE_MESSAGE: MessageOnWire & { readonly message_type: 'DELETE_MESSAGE' };
  TYPING: TypingOnWire;
  UPDATE_STATUS: RefreshOnWire & { readonly message_type: 'UPDATE_STATUS' };
  UPDATE_USERS: RefreshOnWire & { readonly message_type: 'UPDATE_USERS' };
}

/** What the client does now, and why. */
export type LiveState = Connecting | LinkUp | Waiting | Closed;

/** It asks for a token, or a connection is being opened. */
export interface Connecting {
  readonly status: 'connecting';
}

/** Events arrive. */
export interface LinkUp {
  readonly status: 'connected';
}

/** It tries again later, and at once when the page comes online or is shown. */
export interface Waiting {
  readonly status: 'waiting';
  /** `offline`, `hidden` (the back-forward cache), `no token`, `invalid url or token`, `silent`, or the server's reason. */
  readonly reason: string;
  /** The close code, when a connection was closed. 1006 stands for a failed upgrade too. */
  readonly code?: number;
  /** What `url()` or `token()` threw. */
  readonly cause?: unknown;
  /** In how many milliseconds; absent while the page is offline or in the back-forward cache. */
  readonly delayMs?: number;
}

/** For good: a new client is needed. */
export interface Closed {
  readonly status: 'closed';
  /** `closed` after `close()` or an abort, else the server's reason. */
  readonly reason: string;
  readonly code?: number;
}

/** Something may be missing: fetch from the API. */
export interface ResyncRequest {
  readonly reason: ResyncReason;
  /** Aborts when a later request takes this one's place, or the client is closed: for `fetch(url, { signal })`. */
  readonly signal: AbortSignal;
}

/** What {@link LiveClient.on} takes, by name: the host's events, and what the client itself has to say. */
export type LiveHandlers<Events extends object = ChatEvents> = {
  [Name in keyof Events]: (event: Events[Name]) => unknown;
} & {
  /** The state has changed. */
  state: (state: LiveState) => unknown;
  /**
   * Fetch what the app shows. Until the promise resolves, a new connection asks for everything since before the gap;
   * when it rejects, the handler is called again, after a wait that grows. Events go on meanwhile.
   */
  resync: (request: ResyncRequest) => unknown;
};

/** Receives the events of an endpoint: made by `createLiveClient`. */
export interface LiveClient<Events extends object = ChatEvents> {
  /** What it does now. The object stays the same until the next `state`. */
  readonly state: LiveState;
  /**
   * Calls back with each event of a `message_type`, once, in the server's order. A handler that throws is reported
   * (`reportError`, or `console.error`) and the event counts as handled: it does not come again.
   *
   * Register in the same turn as the client is made, then nothing can come before.
   *
   * @returns a function that ends it
   */
  on<Name extends keyof LiveHandlers<Events>>(name: Name, handler: LiveHandlers<Events>[Name]): () => void;
  /** Ends it for good; no handler is called after the `state` that says so. May be called at any time, and twice. */
  close(): void;
}

/** What `new WebSocket(url, protocols)` makes, as far as the client uses it. */
export interface WebSocketLike {
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  close(code?: number): void;
}

/** A class like the global `WebSocket`. */
export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike;

/** What `createLiveClient` takes. */
export interface LiveClientOptions {
  /**
   * The endpoint: `wss://chat.example/ws`, or `/ws` for the page's own origin; `http` stands for `ws`. A function is
   * called at each attempt.
   */
  readonly url: string | (() => string | Promise<string>);
  /**
   * The JWT, asked for at each attempt, and before the last one ends. Never called again while a call is pending. When
   * it rejects, the client waits and asks again; when there will be no token any more, `close()` the client.
   */
  readonly token: () => string | Promise<string>;
  /**
   * How the token travels: `subprotocol` (`Sec-WebSocket-Protocol`) or `query` (`?token=`). URLs get logged, headers
   * less often.
   *
   * @default 'subprotocol'
   */
  readonly tokenIn?: 'subprotocol' | 'query';
  /**
   * The cursor of what the app has fetched: `X-Live-Cursor` of that response.
   *
   * @default from the moment of the connection on
   */
  readonly resume?: string;
  /** For Node before 22: the class of the package `ws`. @default the global WebSocket */
  readonly WebSocket?: WebSocketClass;
  /** Closes the client when it aborts. */
  readonly signal?: AbortSignal;
}
