import { element, icon, paint, paintAvatar } from './dom.js';

const EXCERPT_LENGTH = 40;
const timeForm = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayForm = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });

/** The wire's dates are UTC with microseconds; a script's have milliseconds. */
export function dateOf(row) {
  return new Date(`${row.date_created.slice(0, 23).replace(' ', 'T')}Z`);
}

export function dayItem(date) {
  const today = new Date();
  const text = date.toDateString() === today.toDateString() ? 'Today' : dayForm.format(date);
  return element('li', { className: 'rule' }, element('span', { textContent: text }));
}

export function newLine() {
  const text = element('span', { textContent: 'New messages' });
  return element('li', { className: 'rule new-line', dataset: { testid: 'new-line' } }, text);
}

/**
 * @param row the message
 * @param look `{ name, own, first }`; the first of a group says who and when
 * @param actions `{ edit, remove }`, for one's own messages
 * @param form what stands in the place of the message while it is edited
 */
export function messageItem(row, { name, own, first }, actions, form) {
  const node = element('li', {
    className: 'message',
    tabIndex: -1,
    dataset: { testid: 'message', type: row.message_type },
  });
  node.classList.toggle('own', own);
  node.classList.toggle('first', first);
  // A phone gives the focus with a tap only to what listens for it.
  node.onclick = () => node.contains(document.activeElement) || node.focus({ preventScroll: true });
  paint(node, row.user_id);
  if (first) node.append(heading(row, name, own));
  if (form) {
    node.append(form);
    return node;
  }
  if (own && !row.deleted) node.append(buttons(row, actions));
  node.append(bubble(row, first ? null : own ? 'You' : name));
  return node;
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

/** @param author whom a screen reader names, where no heading does */
function bubble(row, author) {
  const spoken = author && element('span', { className: 'unseen', textContent: `${author}: ` });
  if (row.deleted) {
    const text = element('span', { textContent: 'Message deleted' });
    return element('p', { className: 'bubble deleted', dataset: { testid: 'deleted' } }, spoken, text);
  }
  const content = element('span', { textContent: row.content, dataset: { testid: 'content' } });
  const edited = row.message_type === 'EDIT_MESSAGE';
  const mark = element('span', { className: 'edited', textContent: 'edited', dataset: { testid: 'edited' } });
  return element(
    'p',
    { className: 'bubble', title: dateOf(row).toLocaleString() },
    spoken,
    content,
    edited ? mark : null,
  );
}

function buttons(row, actions) {
  return element(
    'div',
    { className: 'actions' },
    button('edit', 'Edit', row, actions.edit),
    button('delete', 'Delete', row, actions.remove),
  );
}

function button(name, word, { content }, onclick) {
  const excerpt =
    content.length > EXCERPT_LENGTH ? `${content.slice(0, EXCERPT_LENGTH).trimEnd()}…` : content;
  const node = element(
    'button',
    { className: 'icon-button', title: word, tabIndex: -1, onclick, dataset: { testid: name } },
    icon(name),
  );
  node.setAttribute('aria-label', `${word}: ${excerpt}`);
  return node;
}
