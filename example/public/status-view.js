import { byId } from './dom.js';

const NOTICE_MS = 6_000;
const STATES = {
  connecting: 'Connecting',
  connected: 'Live',
  waiting: 'Reconnecting',
  offline: 'Offline',
  closed: 'Disconnected',
};
const CLOSED = {
  3003: 'You are not allowed to connect.',
  4001: 'This chat was opened elsewhere.',
};
let noticeTimer = null;

/** The connection's state, as the client has it, and its node's name; without a network it waits for that. */
export function showConnection({ status, reason, code, node: name }) {
  const state = status === 'waiting' && reason === 'offline' ? 'offline' : status;
  const node = byId('connection');
  node.textContent = STATES[state];
  node.dataset.state = state;
  byId('chat').dataset.connection = state;
  byId('members-state').textContent = STATES[state];
  byId('node').textContent = name ? `on ${name}` : '';
  byId('closed').hidden = state !== 'closed';
  byId('closed-reason').textContent = CLOSED[code] ?? 'The server closed the connection.';
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

/** For a moment. */
export function notify(text) {
  const notice = byId('notice');
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (notice.hidden = true), NOTICE_MS);
}
