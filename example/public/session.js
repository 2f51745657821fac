const KEY = 'live-messages';

/** Who this tab is. Each tab has its own sessionStorage, so two tabs can be two users. */
export const session = {
  name: null,
  token: null,
  userId: null,
  ...JSON.parse(sessionStorage.getItem(KEY) ?? '{}'),

  set(name, token, userId) {
    Object.assign(session, { name, token, userId });
    sessionStorage.setItem(KEY, JSON.stringify({ name, token, userId }));
  },

  clear() {
    Object.assign(session, { name: null, token: null, userId: null });
    sessionStorage.removeItem(KEY);
  },
};
