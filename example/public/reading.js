import { api } from './api.js';

/** A channel is read when its end is in sight in a tab that is seen; the server is told how far. */
export class Reading {
  #store;
  #isAtEnd;
  #untold = new Map();
  #telling = null;

  /** @param isAtEnd whether the newest message is in sight */
  constructor(store, isAtEnd) {
    this.#store = store;
    this.#isAtEnd = isAtEnd;
  }

  /** Whether what arrives in the open channel is read as it arrives. */
  get isReading() {
    const { hasLoaded, loading } = this.#store;
    return document.visibilityState === 'visible' && hasLoaded && !loading && this.#isAtEnd();
  }

  /** Resolves when the server knows what was read, or can't be told. */
  get told() {
    return this.#telling ?? Promise.resolve();
  }

  /** Takes for read what is seen now. Answers whether anything was. */
  look() {
    const { channelId, unread, messages } = this.#store;
    if (unread.countOf(channelId) === 0 || !this.isReading) return false;
    unread.read(channelId);
    if (messages.length > 0) this.#tell(channelId, messages.at(-1).id);
    return true;
  }

  /** One request at a time: of what is read meanwhile only the last counts. */
  #tell(channelId, messageId) {
    this.#untold.set(channelId, messageId);
    this.#telling ??= this.#tellAll();
  }

  async #tellAll() {
    for (const [channelId, messageId] of this.#untold) {
      this.#untold.delete(channelId);
      // What the server was not told is unread again with the next fetch, and then read again.
      await api.markRead(channelId, messageId).catch(() => undefined);
    }
    this.#telling = null;
  }
}
