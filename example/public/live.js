import { createLiveClient } from './nestjs-live-messages/client/index.js';
import { session } from './session.js';

const EVENTS = ['MESSAGE', 'EDIT_MESSAGE', 'DELETE_MESSAGE', 'TYPING', 'UPDATE_STATUS', 'UPDATE_USERS'];
const UNAUTHORIZED = 3000;
/** The client asks for the next token half a minute before the end of this one. */
const ENDS_SOON_MS = 60_000;
/** What this page is called towards its node, as long as it is open. */
const TAB = crypto.getRandomValues(new Uint32Array(2)).reduce((name, part) => name + part.toString(36), '');

/**
 * Receives what happens, from a place on, until the signal aborts.
 *
 * @param resume the cursor of what was fetched
 * @param handlers `{ renewToken(), onEvent(event), onResync({ signal }), onRefused(), onState(state) }`
 */
export function openLive({ resume, signal, renewToken, onEvent, onResync, onRefused, onState }) {
  let refusedToken = null;
  const live = createLiveClient({
    url: `/ws?tab=${TAB}`,
    resume,
    signal,
    token: async () => {
      if (session.token === refusedToken || endsSoon(session.token)) await renewToken();
      return session.token;
    },
  });
  for (const name of EVENTS) live.on(name, onEvent);
  live.on('resync', onResync);
  live.on('state', (state) => {
    if (signal.aborted) return;
    onState({ ...state, node: nodeOf(state) });
    if (state.code !== UNAUTHORIZED) return;
    refusedToken = session.token;
    // The client has tried a new one by itself.
    if (state.status === 'closed') onRefused();
  });
}

/** By the JWT's `exp`, in seconds since 1970. */
function endsSoon(token) {
  const { exp } = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
  return exp * 1_000 - Date.now() < ENDS_SOON_MS;
}

/** Which of several nodes holds the connection, as it said when it took it; undefined where there is one. */
function nodeOf({ status }) {
  return status === 'connected' ? document.cookie.match(`(?:^|; )node-${TAB}=([^;]*)`)?.[1] : undefined;
}
