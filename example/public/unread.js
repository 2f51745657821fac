/**
 * The ids of the messages that were not read, channel by channel, the oldest first.
 *
 * The server counts, and what happens live is added. An answer may be older than what happened while it was under
 * way, so that is kept and done once more on top of it.
 */
export class Unread {
  #ids = new Map();
  #sinceAsked = null;

  get total() {
    return [...this.#ids.values()].reduce((sum, ids) => sum + ids.size, 0);
  }

  countOf(channelId) {
    return this.#ids.get(channelId)?.size ?? 0;
  }

  firstOf(channelId) {
    return this.#ids.get(channelId)?.values().next().value ?? null;
  }

  /** The server is being asked. */
  asked() {
    this.#sinceAsked = [];
  }

  /** @param channels the server's answer to the last question */
  answered(channels) {
    this.#ids = new Map(channels.map(({ id, unread }) => [id, new Set(unread)]));
    this.#sinceAsked?.forEach((change) => change());
    this.#sinceAsked = null;
  }

  add(channelId, messageId) {
    this.#change(() => this.#ids.set(channelId, (this.#ids.get(channelId) ?? new Set()).add(messageId)));
  }

  remove(channelId, messageId) {
    this.#change(() => this.#ids.get(channelId)?.delete(messageId));
  }

  /** All of a channel was read. */
  read(channelId) {
    this.#change(() => this.#ids.delete(channelId));
  }

  #change(change) {
    change();
    this.#sinceAsked?.push(change);
  }
}
