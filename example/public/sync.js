import { api } from './api.js';
import { isRefusal, persistently } from './persistently.js';
import { inOrder } from './store.js';

/** So many rows the server answers at once. */
const PAGE_SIZE = 50;
/** So many such answers a list is loaded anew from; whoever has paged back further begins at the end again. */
const MOST_PAGES = 40;

/** Keeps a store like the server: fetches what is shown, applies what arrives live. */
export class Sync {
  #store;
  #fetchChannels;
  #fetchUsers;
  #fetchMembers;

  /** @param told resolves when the server knows what was read: asked before, it would count that as unread */
  constructor(store, told) {
    this.#store = store;
    this.#fetchChannels = onlyLatest(
      async (signal) => {
        await told();
        store.unread.asked();
        return api.channels(signal);
      },
      ({ channels }) => store.setChannels(channels),
    );
    this.#fetchUsers = onlyLatest(api.users, (users) => store.setUsers(users));
    this.#fetchMembers = onlyLatest(
      async (signal) => {
        const { channelId } = store;
        return { channelId, members: await api.members(channelId, signal) };
      },
      ({ channelId, members }) => store.setMembers(channelId, members),
    );
  }

  /** Fetches all that is shown. Resolves with the cursor from which on live events make up for what is missing. */
  async all(signal) {
    // First, and alone: everything that is read later holds at least what lies before this cursor.
    const { cursor } = await this.#fetchChannels(signal);
    const rest = [this.#fetchUsers(signal), this.#members(signal), this.#messages(signal)];
    await Promise.all(rest.map(unlessRefused));
    return cursor;
  }

  async channels() {
    const before = this.#store.channel;
    await this.#fetchChannels();
    if (this.#store.channel && !before) await this.opened();
  }

  /** Fetches what a channel shows. */
  async opened() {
    quietly(() => this.#members());
    await this.#messages();
  }

  async earlierMessages() {
    const { channelId, messages } = this.#store;
    const finish = this.#store.startLoadingEarlier();
    try {
      const rows = await api.messages(channelId, messages[0].id);
      finish(rows, rows.length === PAGE_SIZE);
    } finally {
      finish(null);
    }
  }

  apply(event) {
    switch (event.message_type) {
      case 'MESSAGE':
      case 'EDIT_MESSAGE':
      case 'DELETE_MESSAGE':
        if (!this.#store.users.has(event.user_id)) quietly(() => this.#fetchUsers());
        this.#store.apply(event);
        break;
      case 'TYPING':
        this.#store.typing(event);
        break;
      case 'UPDATE_STATUS':
        quietly(() => this.#fetchUsers());
        quietly(async () => {
          await this.channels();
          // Only now is it known whether one is still in the channel whose members are fetched.
          await this.#members();
        });
        break;
      case 'UPDATE_USERS':
        quietly(() => this.#fetchUsers());
        quietly(() => this.#members());
        break;
    }
  }

  async #members(signal) {
    if (this.#store.channel) await this.#fetchMembers(signal);
  }

  async #messages(signal) {
    if (!this.#store.channel) return;
    const finish = this.#store.startLoading();
    try {
      finish(...(await this.#newestRows(signal)));
    } finally {
      finish(null);
    }
  }

  /** As far back as the list goes, so that what is being read stays there. */
  async #newestRows(signal) {
    const { channelId, messages } = this.#store;
    const pages = [await api.messages(channelId, null, signal)];
    while (pages[0].length === PAGE_SIZE && messages.length > 0 && inOrder(messages[0], pages[0][0]) < 0) {
      if (pages.length === MOST_PAGES) return [pages.at(-1), true];
      pages.unshift(await api.messages(channelId, pages[0][0].id, signal));
    }
    return [pages.flat(), pages[0].length === PAGE_SIZE];
  }
}

/** Answers may overtake each other: only that of the last request is taken, and everyone who asked waits for it. */
function onlyLatest(fetch, take) {
  let latest;
  return async (signal) => {
    const own = fetch(signal).then((answer) => {
      if (latest === own) take(answer);
      return answer;
    });
    latest = own;
    for (;;) {
      const awaited = latest;
      const answer = await awaited;
      if (awaited === latest) return answer;
    }
  };
}

/** Who is put out of a channel meanwhile hears of it live. */
function unlessRefused(fetched) {
  return fetched.catch((error) => {
    if (!isRefusal(error)) throw error;
  });
}

/** What was announced once is not announced again, so this goes on until it has worked. */
function quietly(fetch) {
  persistently(fetch).catch(() => undefined);
}
