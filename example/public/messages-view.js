import { byId, hasPointer, reconcile } from './dom.js';
import { editForm } from './edit-form.js';
import { dateOf, dayItem, messageItem, newLine } from './message-item.js';
import { goThroughMessagesByKey } from './message-keys.js';

const GROUP_MS = 5 * 60_000;
const NEAR_END_PX = 80;
const ABOVE_NEW_PX = 12;
const log = byId('log');

/** The list of messages, with the one that is being edited. */
export class MessagesView {
  #editingId = null;
  #channelId = null;
  #newestId = null;
  #actions;

  /** @param actions `{ edit(row, content): Promise<boolean>, askDelete(row), scrolled(), changed(), done() }` */
  constructor(actions) {
    this.#actions = actions;
    log.addEventListener('scroll', () => actions.scrolled());
    byId('to-newest').onclick = () => {
      this.#showNewest();
      actions.done();
    };
    goThroughMessagesByKey(log);
  }

  /** Whether the newest message is in sight: the log is laid out from its end, so its end is at 0. */
  get isAtEnd() {
    return Math.abs(log.scrollTop) < NEAR_END_PX;
  }

  render(store, myId) {
    const rows = store.messages;
    const wasAtEnd = this.isAtEnd;
    const inSight = wasAtEnd ? null : firstInSight();
    const bottom = inSight && bottomOf(inSight);
    // A screen reader is to hear what comes, not all that is there already.
    if (store.loading || store.channelId !== this.#channelId) log.setAttribute('aria-live', 'off');
    reconcile(byId('messages'), this.#items(rows, store, myId));
    if (inSight) keepAt(bottom, inSight.dataset.key);
    byId('no-messages').hidden = rows.length > 0 || !store.hasLoaded;
    byId('earlier').hidden = !store.hasEarlier;
    this.#follow(store.channelId, rows.at(-1), myId, wasAtEnd);
    if (!store.loading) setTimeout(() => log.setAttribute('aria-live', 'polite'));
  }

  /** The way to the end, where that is not in sight. */
  renderJump({ channelId, unread }) {
    const count = unread.countOf(channelId);
    byId('to-newest').hidden = this.isAtEnd;
    byId('to-newest-text').textContent =
      count === 0 ? 'Newest' : count === 1 ? '1 new message' : `${count} new messages`;
    byId('to-newest').classList.toggle('primary', count > 0);
  }

  startEditing(id) {
    this.#editingId = id;
    this.#actions.changed();
    const input = byId('messages').querySelector('.edit textarea');
    input?.focus();
    input?.setSelectionRange(input.value.length, input.value.length);
  }

  #items(rows, store, myId) {
    const { newFrom, loading } = store;
    const items = [];
    // What is older than the list goes before its first message.
    const firstNew = rows.some(({ id }) => id === newFrom) ? newFrom : newFrom && !loading && rows[0]?.id;
    let previous = null;
    for (const row of rows) {
      const day = dateOf(row).toDateString();
      if (!previous || dateOf(previous).toDateString() !== day) {
        items.push({ key: day, version: day, render: () => dayItem(dateOf(row)) });
        previous = null;
      }
      if (row.id === firstNew) {
        items.push({ key: 'new', version: 'new', render: newLine });
        previous = null;
      }
      const name = store.nameOf(row.user_id);
      const first = startsGroup(previous, row);
      items.push(this.#item(row, { name, own: row.user_id === myId, first }));
      previous = row;
    }
    return items;
  }

  #item(row, look) {
    const editing = this.#editingId === row.id && !row.deleted;
    return {
      key: row.id,
      version: editing ? 'editing' : `${row.date_updated} ${look.first} ${look.name}`,
      render: () => {
        const form = editing
          ? editForm(row, {
              save: (content) => this.#actions.edit(row, content),
              close: () => this.#stopEditing(row.id),
            })
          : null;
        const actions = {
          edit: () => this.startEditing(row.id),
          remove: () => this.#actions.askDelete(row),
        };
        return messageItem(row, look, actions, form);
      },
    };
  }

  #stopEditing(id) {
    // A form that was saved late may have given way to another one.
    if (this.#editingId !== id) return;
    this.#editingId = null;
    this.#actions.changed();
    if (hasPointer()) this.#actions.done();
  }

  #follow(channelId, newest, myId, wasAtEnd) {
    const opened = channelId !== this.#channelId || this.#newestId === null;
    const arrived = newest && newest.id !== this.#newestId;
    this.#channelId = channelId;
    this.#newestId = newest?.id ?? null;
    if (opened || wasAtEnd || (arrived && newest.user_id === myId)) this.#showNewest();
    if (opened) showNewLine();
  }

  #showNewest() {
    log.scrollTop = 0;
  }
}

/** A long-unread channel opens where the reading stopped. */
function showNewLine() {
  const line = log.querySelector('.new-line');
  if (line && topOf(line) < topOf(log)) log.scrollTop += topOf(line) - topOf(log) - ABOVE_NEW_PX;
}

function firstInSight() {
  const top = topOf(log);
  return [...log.querySelectorAll('.message')].find((message) => bottomOf(message) > top);
}

/** What is being read stays where it is, also when it was drawn anew, with or without a heading. */
function keepAt(bottom, key) {
  const message = [...log.querySelectorAll('.message')].find(({ dataset }) => dataset.key === key);
  if (message) log.scrollTop += bottomOf(message) - bottom;
}

function bottomOf(node) {
  return node.getBoundingClientRect().bottom;
}

function topOf(node) {
  return node.getBoundingClientRect().top;
}

function startsGroup(previous, row) {
  return previous?.user_id !== row.user_id || dateOf(row) - dateOf(previous) > GROUP_MS;
}
