import { isRefusal } from './persistently.js';
import { session } from './session.js';

export const api = {
  /** With the cursor of a place before they were read: from there on, live events make up for what is missing. */
  channels: async (signal) => {
    const response = await authorized('GET', '/channels', { signal });
    return { channels: await read(response), cursor: response.headers.get('x-live-cursor') };
  },
  makeChannel: (name) => ask('POST', '/channels', { body: { name } }),
  join: (channelId) => ask('PUT', `/channels/${channelId}/members/${session.userId}`),
  markRead: (channelId, messageId) =>
    ask('PUT', `/channels/${channelId}/read`, { body: { message_id: messageId } }),
  leave: (channelId) => ask('DELETE', `/channels/${channelId}/members/${session.userId}`),
  members: (channelId, signal) => ask('GET', `/channels/${channelId}/members`, { signal }),
  users: (signal) => ask('GET', '/users', { signal }),
  messages: (channelId, before, signal) =>
    ask('GET', `/channels/${channelId}/messages${before ? `?before=${before}` : ''}`, { signal }),
  post: (channelId, content) => ask('POST', `/channels/${channelId}/messages`, { body: { content } }),
  edit: (id, content) => ask('PATCH', `/messages/${id}`, { body: { content } }),
  delete: (id) => ask('DELETE', `/messages/${id}`),
  typing: (channelId) => ask('POST', `/channels/${channelId}/typing`),
};

export async function signIn(name) {
  const response = await send('POST', '/auth/token', { body: { username: name } });
  const { token, user_id: userId } = await read(response);
  session.set(name, token, userId);
}

let renewal = null;

/**
 * Fetches a new token for the same name; requests that fail together share one. Where the name is good no more, the
 * window hears `signedout`.
 */
export function renewToken() {
  renewal ??= renew().finally(() => (renewal = null));
  return renewal;
}

async function renew() {
  const { userId } = session;
  await signIn(session.name).catch((error) => {
    if (isRefusal(error)) dispatchEvent(new Event('signedout'));
    throw error;
  });
  // The server has forgotten everything, this user too: its data was in memory, and it was started anew.
  if (session.userId !== userId) location.reload();
}

async function ask(method, path, options) {
  return read(await authorized(method, path, options));
}

async function authorized(method, path, options) {
  const { token } = session;
  const response = await send(method, path, { ...options, token });
  if (response.status !== 401 || !session.name) return response;
  if (session.token === token) await renewToken();
  return send(method, path, { ...options, token: session.token });
}

function send(method, path, { body, token, signal } = {}) {
  const headers = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(body && { 'content-type': 'application/json' }),
  };
  return fetch(path, { method, headers, signal, body: body && JSON.stringify(body) });
}

async function read(response) {
  const answer = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const { status } = response;
  const text = [answer?.message ?? `The server answered ${status}`].flat().join(', ');
  throw Object.assign(new Error(text), { status });
}
