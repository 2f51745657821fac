import { byId, element, paint, paintAvatar, reconcile } from './dom.js';

const GROUP_MS = 5 * 60_000;
const NEAR_END_PX = 80;
const log = byId('log');
const timeForm = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayForm = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });

/** The list of messages, with the one that is being edited. */
export class MessagesView {
  #editingId = null;
  #channelId = null;
  #newestId = null;
  #actions;

  /** @param actions `{ edit(row, content), askDelete(row), changed(), done() }` */
  constructor(actions) {
    this.#actions = actions;
    log.addEventListener('scroll', () => isNearEnd() && (byId('to-newest').hidden = true));
    byId('to-newest').onclick = () => this.#showNewest();
  }

  render(store, myId) {
    const rows = store.messages;
    const wasNearEnd = isNearEnd();
    log.setAttribute('aria-busy', String(store.loading));
    reconcile(byId('messages'), this.#items(rows, store, myId));
    byId('no-messages').hidden = rows.length > 0 || store.loading;
    byId('earlier').hidden = !store.hasEarlier;
    this.#follow(store.channelId, rows.at(-1), myId, wasNearEnd);
  }

  #items(rows, store, myId) {
    const items = [];
    let previous = null;
    for (const row of rows) {
      const day = dateOf(row).toDateString();
      if (!previous || dateOf(previous).toDateString() !== day) {
        items.push({ key: day, version: day, render: () => dayItem(dateOf(row)) });
        previous = null;
      }
      items.push(this.#messageItem(row, startsGroup(previous, row), store, myId));
      previous = row;
    }
    return items;
  }

  #messageItem(row, first, store, myId) {
    const name = store.nameOf(row.user_id);
    const editing = this.#editingId === row.id && !row.deleted;
    return {
      key: row.id,
      version: editing ? 'editing' : `${row.date_updated} ${first} ${name}`,
      render: () => {
        const own = row.user_id === myId;
        const node = element('li', {
          className: `message${own ? ' own' : ''}${first ? ' first' : ''}`,
          dataset: { testid: 'message', type: row.message_type },
        });
        paint(node, row.user_id);
        if (first) node.append(heading(row, name, own));
        node.append(editing ? this.#editForm(row) : bubble(row));
        if (own && !row.deleted && !editing) node.append(this.#buttons(row));
        return node;
      },
    };
  }

  #buttons(row) {
    const edit = element('button', { textContent: 'Edit', dataset: { testid: 'edit' } });
    edit.onclick = () => this.#startEditing(row.id);
    const remove = element('button', { textContent: 'Delete', dataset: { testid: 'delete' } });
    remove.onclick = () => this.#actions.askDelete(row);
    return element('div', { className: 'actions' }, edit, remove);
  }

  #editForm(row) {
    const input = element('textarea', {
      value: row.content,
      maxLength: 4_000,
      dataset: { testid: 'edit-draft' },
    });
    input.rows = Math.min(8, row.content.split('\n').length + 1);
    input.setAttribute('aria-label', 'Edit the message');
    const save = element('button', {
      className: 'primary',
      textContent: 'Save',
      dataset: { testid: 'save' },
    });
    const cancel = element('button', {
      type: 'button',
      textContent: 'Cancel',
      onclick: () => this.#stopEditing(),
    });
    const form = element(
      'form',
      { className: 'edit' },
      input,
      element('div', { className: 'row end' }, cancel, save),
    );
    form.onsubmit = (event) => {
      event.preventDefault();
      const content = input.value.trim();
      if (content && content !== row.content) this.#actions.edit(row, content);
      this.#stopEditing();
    };
    input.onkeydown = (event) => {
      if (event.key === 'Escape') this.#stopEditing();
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    };
    return form;
  }

  #startEditing(id) {
    this.#editingId = id;
    this.#actions.changed();
    const input = byId('messages').querySelector('.edit textarea');
    input?.focus();
    input?.setSelectionRange(input.value.length, input.value.length);
  }

  #stopEditing() {
    this.#editingId = null;
    this.#actions.changed();
    this.#actions.done();
  }

  #follow(channelId, newest, myId, wasNearEnd) {
    const opened = channelId !== this.#channelId || this.#newestId === null;
    const arrived = newest && newest.id !== this.#newestId;
    this.#channelId = channelId;
    this.#newestId = newest?.id ?? null;
    if (opened || wasNearEnd || (arrived && newest.user_id === myId)) this.#showNewest();
    else if (arrived) byId('to-newest').hidden = false;
  }

  #showNewest() {
    byId('to-newest').hidden = true;
    log.scrollTop = 0;
  }
}

/** The log is laid out from its end (`column-reverse`), so its end is at 0 and stays in sight by itself. */
function isNearEnd() {
  return Math.abs(log.scrollTop) < NEAR_END_PX;
}

/** The wire's dates are UTC with microseconds; a script's have milliseconds. */
function dateOf(row) {
  return new Date(`${row.date_created.slice(0, 23).replace(' ', 'T')}Z`);
}

function startsGroup(previous, row) {
  return previous?.user_id !== row.user_id || dateOf(row) - dateOf(previous) > GROUP_MS;
}

function dayItem(date) {
  const today = new Date();
  const text = date.toDateString() === today.toDateString() ? 'Today' : dayForm.format(date);
  return element('li', { className: 'day' }, element('span', { textContent: text }));
}

function heading(row, name, own) {
  const avatar = element('span', { className: 'avatar', ariaHidden: 'true' });
  paintAvatar(avatar, row.user_id, name);
  const author = element('span', {
    className: 'author',
    textContent: own ? 'You' : name,
    dataset: { testid: 'author' },
  });
  const time = element('time', {
    dateTime: dateOf(row).toISOString(),
    textContent: timeForm.format(dateOf(row)),
  });
  return element('p', { className: 'heading' }, avatar, author, ' ', time);
}

function bubble(row) {
  if (row.deleted) {
    return element('p', {
      className: 'bubble deleted',
      textContent: 'Message deleted',
      dataset: { testid: 'deleted' },
    });
  }
  const content = element('span', { textContent: row.content, dataset: { testid: 'content' } });
  const edited = row.message_type === 'EDIT_MESSAGE';
  const mark = element('span', { className: 'edited', textContent: 'edited', dataset: { testid: 'edited' } });
  return element(
    'p',
    { className: 'bubble', title: dateOf(row).toLocaleString() },
    content,
    edited ? mark : null,
  );
}
