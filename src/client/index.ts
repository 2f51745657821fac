import type { ChatEvents, LiveClient, LiveClientOptions, WebSocketClass } from './live-client.ts';
import { ResumingClient } from './resuming-client.ts';

export type {
  ChatEvents,
  Closed,
  Connecting,
  LinkUp,
  LiveClient,
  LiveClientOptions,
  LiveHandlers,
  LiveState,
  ResyncRequest,
  Waiting,
  WebSocketClass,
  WebSocketLike,
} from './live-client.ts';
export type { ResyncReason } from '../protocol/control.ts';
export type { MessageOnWire, RefreshOnWire, TypingOnWire } from '../protocol/wire.ts';

/**
 * Connects to the endpoint, receives its events, and comes back after each drop without loss, until it is closed.
 *
 * @example
 * const live = createLiveClient<ChatEvents & { REACTION: Reaction }>({ url: '/ws', token: () => session.token() });
 * live.on('MESSAGE', (message) => show(message));
 * live.on('resync', ({ signal }) => fetchEverything(signal));
 *
 * @throws TypeError when there is no global `WebSocket` and the option is not given
 */
export function createLiveClient<Events extends object = ChatEvents>(
  options: LiveClientOptions,
): LiveClient<Events> {
  const Socket: WebSocketClass | undefined = options.WebSocket ?? globalThis.WebSocket;
  if (!Socket) {
    throw new TypeError(
      'No global WebSocket: give createLiveClient the class of the package "ws" as WebSocket',
    );
  }
  return new ResumingClient<Events>(options, Socket);
}
