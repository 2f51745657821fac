import { Unread } from './unread.js';

const TYPING_LIFE_MS = 5_000;

/** What the page knows: no network, no DOM. */
export class Store {
  channels = [];
  users = new Map();
  /** Who is in the channel on show: `{ id, username, online }`. */
  members = [];
  unread = new Unread();
  channelId = null;
  /** The id of the message from which on the channel on show is new. */
  newFrom = null;
  hasEarlier = false;
  hasLoaded = false;
  loading = false;
  #messages = new Map();
  #sorted = null;
  #typing = new Map();
  /** What arrives live while something is loaded, for each that is. */
  #arrivals = new Set();
  #changed;
  #isMine;
  #isReading;
  #announced = false;

  /**
   * @param changed runs once after any number of changes
   * @param isMine whether a row is by the user of this tab
   * @param isReading whether what arrives in the channel on show is read as it arrives
   */
  constructor({ changed, isMine, isReading }) {
    this.#changed = changed;
    this.#isMine = isMine;
    this.#isReading = isReading;
  }

  /** The channel on show, if this user is in it. */
  get channel() {
    return this.channels.find(({ id, member }) => member && id === this.channelId) ?? null;
  }

  /** The rows of the channel on show, oldest first. */
  get messages() {
    return (this.#sorted ??= [...this.#messages.values()].sort(inOrder));
  }

  nameOf(userId) {
    return this.users.get(userId) ?? 'Someone';
  }

  get typingUserIds() {
    return [...this.#typing.keys()];
  }

  setChannels(channels) {
    this.channels = channels;
    this.unread.answered(channels);
    this.#markNew();
    this.#announce();
  }

  setUsers(users) {
    this.users = new Map(users.map((user) => [user.id, user.username]));
    this.#announce();
  }

  setMembers(channelId, members) {
    if (channelId !== this.channelId) return;
    this.members = members;
    this.#announce();
  }

  open(channelId) {
    this.channelId = channelId;
    this.newFrom = this.unread.firstOf(channelId);
    this.members = [];
    this.hasEarlier = false;
    this.hasLoaded = false;
    this.loading = false;
    this.#keepNone();
    this.#typing.forEach((timer) => clearTimeout(timer));
    this.#typing.clear();
    this.#arrivals.clear();
    this.#announce();
  }

  /**
   * Begins to load the newest rows anew; give them to the function that comes back, and whether there are earlier ones.
   * Rows that arrive live in the meantime may be missing in the answer, so they are kept and merged.
   */
  startLoading() {
    // Only the last one to begin counts.
    this.#arrivals.clear();
    const arrived = this.#record();
    this.loading = true;
    this.#announce();
    return (rows, hasEarlier) => {
      if (!this.#arrivals.delete(arrived)) return;
      this.loading = false;
      if (rows) {
        this.#keepNone();
        this.hasEarlier = hasEarlier;
        this.hasLoaded = true;
        for (const row of rows) this.#keepLater(row);
        for (const row of arrived) this.#keepLive(row);
      }
      this.#announce();
    };
  }

  /** The same for rows that go before those on show. */
  startLoadingEarlier() {
    const arrived = this.#record();
    return (rows, hasEarlier) => {
      if (!this.#arrivals.delete(arrived) || !rows) return;
      for (const row of rows) this.#keepLater(row);
      this.hasEarlier = hasEarlier;
      for (const row of arrived) this.#keepLive(row);
      this.#announce();
    };
  }

  /** Takes a row from anywhere, in any order, any number of times. */
  apply(row) {
    this.#countUnread(row);
    if (row.reference_id === this.channelId) {
      this.#keepLive(row);
      for (const rows of this.#arrivals) rows.push(row);
      if (row.message_type === 'MESSAGE') this.#stopTyping(row.user_id);
    }
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

  #countUnread(row) {
    const { id, message_type: type, reference_id: channelId } = row;
    if (type === 'DELETE_MESSAGE') this.unread.remove(channelId, id);
    if (type !== 'MESSAGE') return;
    if (!this.#isMine(row)) this.unread.add(channelId, id);
    else if (channelId === this.channelId) this.newFrom = null;
    this.#markNew();
  }

  #markNew() {
    const first = this.unread.firstOf(this.channelId);
    if (first && !this.#isReading()) this.newFrom = first;
  }

  #stopTyping(userId) {
    clearTimeout(this.#typing.get(userId));
    this.#typing.delete(userId);
  }

  #record() {
    const arrived = [];
    this.#arrivals.add(arrived);
    return arrived;
  }

  #keepNone() {
    this.#messages.clear();
    this.#sorted = null;
  }

  /** What changes before the first message on show is seen when that part is loaded; alone it would hide a gap. */
  #keepLive(row) {
    const [oldest] = this.messages;
    if (!this.hasEarlier || inOrder(oldest, row) <= 0) this.#keepLater(row);
  }

  #keepLater(row) {
    const known = this.#messages.get(row.id);
    if (known && row.date_updated < known.date_updated) return;
    this.#messages.set(row.id, row);
    this.#sorted = null;
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

/** Sorts rows, the oldest first. */
export function inOrder(a, b) {
  return compare(a.date_created, b.date_created) || compare(a.id, b.id);
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
