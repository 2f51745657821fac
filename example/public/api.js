import { session } from './session.js';

export const api = {
  channels: () => authorized('GET', '/channels'),
  makeChannel: (name) => authorized('POST', '/channels', { name }),
  join: (channelId) => authorized('PUT', `/channels/${channelId}/members/${session.userId}`),
  markRead: (channelId, messageId) =>
    authorized('PUT', `/channels/${channelId}/read`, { message_id: messageId }),
  leave: (channelId) => authorized('DELETE', `/channels/${channelId}/members/${session.userId}`),
  members: (channelId) => authorized('GET', `/channels/${channelId}/members`),
  users: () => authorized('GET', '/users'),
  messages: (channelId, before) =>
    authorized('GET', `/channels/${channelId}/messages${before ? `?before=${before}` : ''}`),
  post: (channelId, content) => authorized('POST', `/channels/${channelId}/messages`, { content }),
  edit: (id, content) => authorized('PATCH', `/messages/${id}`, { content }),
  delete: (id) => authorized('DELETE', `/messages/${id}`),
  typing: (channelId) => authorized('POST', `/channels/${channelId}/typing`),
};

export async function signIn(name) {
  const response = await send('POST', '/auth/token', { username: name });
  const { token, user_id: userId } = await read(response);
  session.set(name, token, userId);
}

let renewal = null;

/** Fetches a new token for the same name; requests that fail together share one. */
export function renewToken() {
  renewal ??= renew().finally(() => (renewal = null));
  return renewal;
}

async function renew() {
  const { userId } = session;
  await signIn(session.name);
  // The server has forgotten everything, this user too: its data was in memory, and it was started anew.
  if (session.userId !== userId) location.reload();
}

async function authorized(method, path, body) {
  const { token } = session;
  const response = await send(method, path, body, token);
  if (response.status !== 401 || !session.name) return read(response);
  if (session.token === token) await renewToken();
  return read(await send(method, path, body, session.token));
}

function send(method, path, body, token) {
  const headers = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(body && { 'content-type': 'application/json' }),
  };
  return fetch(path, { method, headers, body: body && JSON.stringify(body) });
}

async function read(response) {
  const answer = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (response.ok) return answer;
  throw new Error([answer?.message ?? `The server answered ${response.status}`].flat().join(', '));
}
