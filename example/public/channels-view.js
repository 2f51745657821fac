import { byId, element, reconcile } from './dom.js';

/** From here on a badge only says that there are many: so many ids the server sends at most. */
const MANY = 100;

/** The lists of channels; a channel is a link, so the browser's Back closes it again. */
export class ChannelsView {
  #onJoin;
  #counts = new Map();

  constructor(onJoin) {
    this.#onJoin = onJoin;
  }

  render(store) {
    const joined = store.channels.filter((channel) => channel.member);
    const others = store.channels.filter((channel) => !channel.member);
    reconcile(
      byId('joined-channels'),
      joined.map((channel) => joinedItem(channel, channel.id === store.channelId, store.unread)),
    );
    reconcile(
      byId('other-channels'),
      others.map((channel) => otherItem(channel, this.#onJoin)),
    );
    byId('no-channels').hidden = joined.length > 0;
    byId('other-section').hidden = others.length === 0;
    this.#sayWhatIsNew(joined, store);
  }

  /** Says it once per channel, not with each message. */
  #sayWhatIsNew(joined, { channelId, unread }) {
    const fresh = joined.filter(
      ({ id }) => id !== channelId && this.#counts.get(id) === 0 && unread.countOf(id) > 0,
    );
    this.#counts = new Map(joined.map(({ id }) => [id, unread.countOf(id)]));
    if (fresh.length > 0) {
      byId('news').textContent = `New messages in ${fresh.map(({ name }) => name).join(', ')}`;
    }
  }
}

/** The tab's title and picture, which say how much is unread when the page itself is not seen. */
export function renderTitle({ channel, unread: { total } }) {
  document.title = `${total > 0 ? `(${countText(total)}) ` : ''}${channel?.name ?? 'Live messages'}`;
  const picture = total > 0 ? 'icon-unread.svg' : 'icon.svg';
  if (byId('icon').getAttribute('href') !== picture) byId('icon').href = picture;
}

function joinedItem({ id, name }, current, unread) {
  const count = unread.countOf(id);
  return {
    key: id,
    version: `${current} ${count} ${name}`,
    render: () => {
      const link = element(
        'a',
        { href: `#${id}`, className: 'channel-link' },
        element('span', { className: 'channel-name', textContent: name }),
        ...(count > 0 ? badge(count) : []),
      );
      link.classList.toggle('unread', count > 0);
      if (current) link.setAttribute('aria-current', 'page');
      return element('li', { dataset: { testid: 'channel' } }, link);
    },
  };
}

function badge(count) {
  return [
    element('span', {
      className: 'badge',
      ariaHidden: 'true',
      textContent: countText(count),
      dataset: { testid: 'unread' },
    }),
    element('span', {
      className: 'unseen',
      textContent: `${countText(count)} unread ${count === 1 ? 'message' : 'messages'}`,
    }),
  ];
}

function countText(count) {
  return count < MANY ? String(count) : `${MANY - 1}+`;
}

function otherItem({ id, name }, onJoin) {
  return {
    key: id,
    version: name,
    render: () => {
      const button = element('button', {
        textContent: 'Join',
        onclick: () => onJoin(id),
        dataset: { testid: 'join' },
      });
      button.setAttribute('aria-label', `Join ${name}`);
      const label = element(
        'span',
        { className: 'channel-link' },
        element('span', { className: 'channel-name', textContent: name }),
      );
      return element('li', { className: 'other', dataset: { testid: 'other-channel' } }, label, button);
    },
  };
}
