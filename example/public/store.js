const TYPING_LIFE_MS = 5_000;
const PAGE_SIZE = 50;

/** What the page knows: no network, no DOM. `changed` runs once after any number of changes. */
export class Store {
  channels = [];
  users = new Map();
  channelId = null;
  hasEarlier = false;
  loading = false;
  #messages = new Map();
  #typing = new Map();
  #rowsWhileLoading = null;
  #changed;
  #announced = false;

  constructor(changed) {
    this.#changed = changed;
  }

  /** The channel on show, if this user is in it. */
  get channel() {
    return this.channels.find(({ id, member }) => member && id === this.channelId) ?? null;
  }

  /** The rows of the channel on show, oldest first. */
  get messages() {
    return [...this.#messages.values()].sort(
      (a, b) => compare(a.date_created, b.date_created) || compare(a.id, b.id),
    );
  }

  nameOf(userId) {
    return this.users.get(userId) ?? 'Someone';
  }

  get typingUserIds() {
    return [...this.#typing.keys()];
  }

  setChannels(channels) {
    this.channels = channels;
    this.#announce();
  }

  setUsers(users) {
    this.users = new Map(users.map((user) => [user.id, user.username]));
    this.#announce();
  }

  open(channelId) {
    this.channelId = channelId;
    this.hasEarlier = false;
    this.loading = false;
    this.#messages.clear();
    this.#typing.forEach((timer) => clearTimeout(timer));
    this.#typing.clear();
    this.#rowsWhileLoading = null;
    this.#announce();
  }

  /**
   * Begins to load the newest rows anew; give them to the function that comes back.
   * Rows that arrive live in the meantime may be missing in the answer, so they are kept and merged.
   */
  startLoading() {
    const arrived = (this.#rowsWhileLoading = []);
    this.loading = true;
    this.#announce();
    return (rows) => {
      if (this.#rowsWhileLoading !== arrived) return;
      this.#rowsWhileLoading = null;
      this.loading = false;
      if (rows) {
        this.#messages.clear();
        this.hasEarlier = rows.length === PAGE_SIZE;
        for (const row of [...rows, ...arrived]) this.#keepLater(row);
      }
      this.#announce();
    };
  }

  addEarlier(rows, before) {
    // The list may have been loaded anew since it was asked what came before this row.
    if (this.messages[0]?.id !== before) return;
    for (const row of rows) this.#keepLater(row);
    this.hasEarlier = rows.length === PAGE_SIZE;
    this.#announce();
  }

  /** Takes a row from anywhere, in any order, any number of times. */
  apply(row) {
    if (row.reference_id !== this.channelId) return;
    this.#keepLater(row);
    this.#rowsWhileLoading?.push(row);
    if (row.message_type === 'MESSAGE') this.#stopTyping(row.user_id);
    this.#announce();
  }

  typing({ reference_id: channelId, user_id: userId }) {
    if (channelId !== this.channelId) return;
    clearTimeout(this.#typing.get(userId));
    const timer = setTimeout(() => {
      this.#stopTyping(userId);
      this.#announce();
    }, TYPING_LIFE_MS);
    this.#typing.set(userId, timer);
    this.#announce();
  }

  #stopTyping(userId) {
    clearTimeout(this.#typing.get(userId));
    this.#typing.delete(userId);
  }

  #keepLater(row) {
    const known = this.#messages.get(row.id);
    if (!known || row.date_updated >= known.date_updated) this.#messages.set(row.id, row);
  }

  #announce() {
    if (this.#announced) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      this.#changed();
    });
  }
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
