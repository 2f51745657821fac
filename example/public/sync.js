import { api } from './api.js';

/**
 * Keeps a store like the server: fetches at each connect, applies what arrives live.
 * A fetch that fails quietly is not lost: the connection fails with it, and the next one fetches again.
 */
export class Sync {
  #store;
  #fetchChannels;
  #fetchUsers;

  constructor(store) {
    this.#store = store;
    this.#fetchChannels = onlyLatest(api.channels, (channels) => store.setChannels(channels));
    this.#fetchUsers = onlyLatest(api.users, (users) => store.setUsers(users));
  }

  all() {
    if (this.#store.channel) quietly(this.messages());
    quietly(this.channels());
    quietly(this.#fetchUsers());
  }

  async channels() {
    const before = this.#store.channel;
    await this.#fetchChannels();
    if (this.#store.channel && !before) await this.messages();
  }

  async messages() {
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
        quietly(this.channels());
        quietly(this.#fetchUsers());
        break;
      case 'UPDATE_USERS':
        quietly(this.#fetchUsers());
        break;
    }
  }
}

/** Answers may overtake each other; that of the last request counts for everyone who waits. */
function onlyLatest(fetch, take) {
  let latest;
  return async () => {
    let request = (latest = fetch());
    let answer = await request;
    while (request !== latest) {
      request = latest;
      answer = await request;
    }
    take(answer);
  };
}

function quietly(fetched) {
  fetched.catch(() => undefined);
}
