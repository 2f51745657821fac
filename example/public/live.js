const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;
/** Closed for good: normal, sent data, sent too much, forbidden, replaced by a newer connection. */
const FINAL_CODES = [1000, 1008, 1009, 3003, 4001];
const UNAUTHORIZED = 3000;

/**
 * Keeps a connection to `/ws` open until `close()`.
 *
 * `onState('live')` comes with each greeting: what was emitted before it may be missed, so fetch then.
 */
export function openLive({ token, renewToken, onEvent, onState }) {
  let socket, timer, closed, renewed;
  let failures = 0;

  function connect() {
    if (closed) return;
    onState('connecting');
    socket = new WebSocket(
      `${location.origin.replace(/^http/, 'ws')}/ws?token=${encodeURIComponent(token())}`,
    );
    socket.onclose = onClose;
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (typeof frame === 'object') return onEvent(frame);
      failures = 0;
      renewed = false;
      onState('live');
    };
  }

  async function onClose({ code, reason }) {
    if (FINAL_CODES.includes(code) || (code === UNAUTHORIZED && renewed)) return onState('stopped', code);
    onState('waiting');
    if (code === UNAUTHORIZED && (renewed = await renewToken())) return connect();
    const withinMs = announcedWait(reason) ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
    if (!closed) timer = setTimeout(connect, Math.random() * withinMs);
  }

  connect();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      socket.onclose = socket.onmessage = null;
      socket.close();
    },
  };
}

/** A server that restarts or is full says in the close reason how far to spread the returns. */
function announcedWait(reason) {
  try {
    const { reconnect_within_ms: withinMs } = JSON.parse(reason);
    return withinMs >= 0 ? withinMs : undefined;
  } catch {
    return undefined;
  }
}
