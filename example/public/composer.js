import { byId } from './dom.js';

const TYPING_EVERY_MS = 2_000;

/** The line at the bottom: keeps a draft for each channel, posts, and tells others that someone types. */
export class Composer {
  #field = byId('draft');
  #channelId = null;
  #drafts = new Map();
  #posting = Promise.resolve();
  #typingPostedAt = 0;
  #actions;

  /** @param actions `{ post(channelId, content): Promise<boolean>, typing(channelId), editLast() }` */
  constructor(actions) {
    this.#actions = actions;
    byId('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener('input', () => this.#onInput());
    this.#field.addEventListener('keydown', (event) => this.#onKey(event));
  }

  open(channelId) {
    this.#drafts.set(this.#channelId, this.#field.value);
    this.#channelId = channelId;
    this.#typingPostedAt = 0;
    this.#write(this.#drafts.get(channelId) ?? '');
  }

  clear() {
    this.#drafts.clear();
    this.#write('');
  }

  focus() {
    this.#field.focus();
  }

  #onKey(event) {
    const posts = event.key === 'Enter' && !event.shiftKey && !event.isComposing;
    const edits = event.key === 'ArrowUp' && !this.#field.value;
    if (!posts && !edits) return;
    event.preventDefault();
    if (posts) this.#submit();
    else this.#actions.editLast();
  }

  #submit() {
    const channelId = this.#channelId;
    const content = this.#field.value.trim();
    this.#write('');
    this.focus();
    this.#typingPostedAt = 0;
    if (!content) return;
    // One after the other, so that they arrive in the order in which they were written.
    this.#posting = this.#posting.then(async () => {
      if (!(await this.#actions.post(channelId, content))) this.#giveBack(channelId, content);
    });
  }

  /** What could not be posted is a draft again, unless there is a newer one. */
  #giveBack(channelId, content) {
    if (channelId !== this.#channelId) this.#drafts.set(channelId, this.#drafts.get(channelId) || content);
    else if (!this.#field.value) this.#write(content);
  }

  #onInput() {
    this.#fit();
    const now = Date.now();
    if (!this.#field.value.trim() || now - this.#typingPostedAt < TYPING_EVERY_MS) return;
    this.#typingPostedAt = now;
    this.#actions.typing(this.#channelId);
  }

  #write(text) {
    this.#field.value = text;
    this.#fit();
  }

  #fit() {
    this.#field.style.height = 'auto';
    // Nothing, while the channel is not shown.
    const height = this.#field.scrollHeight;
    if (height > 0) this.#field.style.height = `${height}px`;
  }
}
