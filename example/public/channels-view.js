import { byId, element, reconcile } from './dom.js';

/** The lists of channels; a channel is a link, so the browser's Back closes it again. */
export function renderChannels(store, onJoin) {
  const joined = store.channels.filter((channel) => channel.member);
  const others = store.channels.filter((channel) => !channel.member);
  reconcile(
    byId('joined-channels'),
    joined.map((channel) => joinedItem(channel, store.channelId)),
  );
  reconcile(
    byId('other-channels'),
    others.map((channel) => otherItem(channel, onJoin)),
  );
  byId('no-channels').hidden = joined.length > 0;
  byId('other-section').hidden = others.length === 0;
}

function joinedItem({ id, name }, openId) {
  const current = id === openId;
  return {
    key: id,
    version: `${current} ${name}`,
    render: () => {
      const link = element('a', { href: `#${id}`, className: 'channel-link', textContent: name });
      if (current) link.setAttribute('aria-current', 'page');
      return element('li', { dataset: { testid: 'channel' } }, link);
    },
  };
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
      const label = element('span', { className: 'channel-link', textContent: name });
      return element('li', { className: 'other', dataset: { testid: 'other-channel' } }, label, button);
    },
  };
}
