import { byId, element, paintAvatar, reconcile } from './dom.js';

const wide = matchMedia('(min-width: 64rem)');

/** Who is in the open channel: beside it where there is room, else in a sheet that its summary opens. */
export class MembersView {
  #sheet = byId('members-sheet');

  constructor() {
    byId('members-open').onclick = () => this.#sheet.showModal();
    wide.addEventListener('change', () => this.#place());
    this.#place();
  }

  render({ channel, members }, myId) {
    const online = members.filter((member) => member.online);
    const offline = members.filter((member) => !member.online);
    byId('members-panel').hidden = channel === null;
    if (channel === null) this.#sheet.close();
    byId('members-summary').textContent = members.length > 0 ? `${online.length} online` : '';
    showPart('online', online, myId);
    showPart('offline', offline, myId);
  }

  #place() {
    this.#sheet.close();
    (wide.matches ? byId('members-panel') : this.#sheet).append(byId('members'));
  }
}

function showPart(part, members, myId) {
  byId(`${part}-part`).hidden = members.length === 0;
  byId(`${part}-count`).textContent = members.length;
  reconcile(
    byId(`${part}-members`),
    members.map((member) => memberItem(member, member.id === myId)),
  );
}

function memberItem({ id, username, online }, me) {
  return {
    key: id,
    version: username,
    render: () => {
      const avatar = element('span', { className: 'avatar', ariaHidden: 'true' });
      paintAvatar(avatar, id, username);
      const frame = element(
        'span',
        { className: online ? 'presence online' : 'presence', ariaHidden: 'true' },
        avatar,
      );
      return element(
        'li',
        { className: 'member', dataset: { testid: 'member', online } },
        frame,
        element('span', { className: 'member-name', textContent: username }),
        me ? element('span', { className: 'member-me', textContent: 'you' }) : null,
      );
    },
  };
}
