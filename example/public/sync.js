import { api } from './api.js';

/**
 * Keeps a store like the server: fetches at each connect, applies what arrives live.
 * A fetch that fails quietly is not lost: the connection fails with it, and the next one fetches again.
 */
export class Sync {
  #store;
  #fetchChannels;
  #fetchUsers;
  #fetchMembers;

  /** @param told resolves when the server knows what was read: asked before, it would count that as unread */
  constructor(store, told) {
    this.#store = store;
    this.#fetchChannels = onlyLatest(
      async () => {
        await told();
        store.unread.asked();
        return api.channels();
      },
      (channels) => store.setChannels(channels),
    );
    this.#fetchUsers = onlyLatest(api.users, (users) => store.setUsers(users));
    this.#fetchMembers = onlyLatest(
      async () => {
        const { channelId } = store;
        return { channelId, members: await api.members(channelId) };
      },
      ({ channelId, members }) => store.setMembers(channelId, members),
    );
  }

  all() {
    if (this.#store.channel) quietly(this.opened());
    quietly(this.channels());
    quietly(this.#fetchUsers());
  }

  async channels() {
    const before = this.#store.channel;
    await this.#fetchChannels();
    if (this.#store.channel && !before) await this.opened();
  }

  /** Fetches what a channel shows. */
  async opened() {
    quietly(this.#members());
    const finish = this.#store.startLoading();
    try {
      finish(await api.messages(this.#store.channelId));
    } finally {
      finish(null);
    }
  }

  async earlierMessages() {
    const { channelId, messages } = this.#store;
    this.#store.addEarlier(await api.messages(channelId, messages[0].id), messages[0].id);
  }

  apply(event) {
    switch (event.message_type) {
      case 'MESSAGE':
      case 'EDIT_MESSAGE':
      case 'DELETE_MESSAGE':
        if (!this.#store.users.has(event.user_id)) quietly(this.#fetchUsers());
        this.#store.apply(event);
        break;
      case 'TYPING':
        this.#store.typing(event);
        break;
      case 'UPDATE_STATUS':
        quietly(this.#fetchUsers());
        // Only then is it known whether one is still in the channel whose members are fetched.
        quietly(this.channels().then(() => this.#members()));
        break;
      case 'UPDATE_USERS':
        quietly(this.#fetchUsers());
        quietly(this.#members());
        break;
    }
  }

  async #members() {
    if (this.#store.channel) await this.#fetchMembers();
  }
}

/** Answers may overtake each other: only that of the last request is taken, and everyone who asked waits for it. */
function onlyLatest(fetch, take) {
  let latest;
  return async () => {
    const own = fetch().then((answer) => {
      if (latest === own) take(answer);
    });
    latest = own;
    for (let awaited; awaited !== latest;) await (awaited = latest);
  };
}

function quietly(fetched) {
  fetched.catch(() => undefined);
}
