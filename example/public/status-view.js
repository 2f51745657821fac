import { byId } from './dom.js';

const NOTICE_MS = 6_000;
const STATES = { connecting: 'Connecting', live: 'Live', waiting: 'Reconnecting', stopped: 'Offline' };
const STOPPED = {
  3000: 'The server does not take your token any more.',
  3003: 'You are not allowed to connect.',
  4001: 'This chat was opened elsewhere.',
};
let noticeTimer = null;

/** The connection's state; `code` says why it stopped. */
export function showConnection(state, code) {
  const node = byId('connection');
  node.textContent = STATES[state];
  node.dataset.state = state;
  byId('chat').dataset.connection = state;
  byId('members-state').textContent = STATES[state];
  byId('stopped').hidden = state !== 'stopped';
  byId('stopped-reason').textContent = STOPPED[code] ?? 'The server closed the connection.';
}

export function showTyping(names) {
  const who = names.length > 2 ? 'Several people' : names.join(' and ');
  byId('typing').textContent = names.length > 0 ? `${who} ${names.length > 1 ? 'are' : 'is'} typing` : '';
}

/** Runs what a person asked for, and tells them when it fails. Resolves whether it went well. */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    notify(
      error instanceof TypeError ? 'The server can’t be reached. Try again in a moment.' : error.message,
    );
    return false;
  }
}

function notify(text) {
  const notice = byId('notice');
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (notice.hidden = true), NOTICE_MS);
}
