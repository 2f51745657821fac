import { api, renewToken, signIn } from './api.js';
import { renderChannels } from './channels-view.js';
import { Composer } from './composer.js';
import { byId, paintAvatar } from './dom.js';
import { openLive } from './live.js';
import { MessagesView } from './messages-view.js';
import { session } from './session.js';
import { attempt, showConnection, showTyping } from './status-view.js';
import { Store } from './store.js';
import { Sync } from './sync.js';

const store = new Store(render);
const sync = new Sync(store);
const messagesView = new MessagesView({ edit, askDelete, changed: render, done: () => composer.focus() });
const composer = new Composer({
  post: (channelId, content) => attempt(async () => store.apply(await api.post(channelId, content))),
  typing: (channelId) => api.typing(channelId).catch(() => undefined),
});
let live = null;

function render() {
  const { channel } = store;
  byId('welcome').hidden = session.name !== null;
  byId('chat').hidden = session.name === null;
  byId('chat').classList.toggle('in-channel', channel !== null);
  byId('channel').hidden = channel === null;
  byId('nothing-open').hidden = channel !== null;
  byId('channel-title').textContent = channel?.name ?? '';
  byId('my-name').textContent = session.name ?? '';
  paintAvatar(byId('my-avatar'), session.userId ?? '', session.name ?? '');
  document.title = channel ? `${channel.name} · Live messages` : 'Live messages';
  renderChannels(store, (id) => attempt(() => join(id)));
  if (channel) messagesView.render(store, session.userId);
  showTyping(store.typingUserIds.map((id) => store.nameOf(id)));
}

function connect() {
  live?.close();
  live = openLive({
    token: () => session.token,
    renewToken: () =>
      renewToken().then(
        () => true,
        () => false,
      ),
    onEvent: (event) => sync.apply(event),
    onState: (state, code) => {
      showConnection(state, code);
      if (state === 'live') sync.all();
    },
  });
}

async function enter(name) {
  await signIn(name);
  render();
  connect();
}

function leaveChat() {
  live?.close();
  live = null;
  session.clear();
  location.hash = '';
  composer.clear();
  store.setChannels([]);
  store.open(null);
  render();
  byId('name').focus();
}

/** The channel on show stands in the address, so that Back and a reload do what one expects. */
function openFromAddress() {
  const channelId = location.hash.slice(1) || null;
  if (channelId === store.channelId) return;
  store.open(channelId);
  composer.open(channelId);
  if (!store.channel) return;
  render();
  void attempt(() => sync.messages());
  if (matchMedia('(hover: hover)').matches) composer.focus();
}

async function join(channelId) {
  await api.join(channelId);
  await sync.channels();
  location.hash = channelId;
}

async function makeChannel(name) {
  const { id } = await api.makeChannel(name);
  await sync.channels();
  location.hash = id;
}

async function leaveChannel() {
  await api.leave(store.channelId);
  await sync.channels();
  location.hash = '';
}

function edit(row, content) {
  void attempt(async () => store.apply(await api.edit(row.id, content)));
}

function askDelete(row) {
  const dialog = byId('delete-dialog');
  byId('delete-content').textContent = row.content;
  dialog.returnValue = '';
  dialog.onclose = () => {
    composer.focus();
    if (dialog.returnValue === 'delete') void attempt(async () => store.apply(await api.delete(row.id)));
  };
  dialog.showModal();
}

/** Gives a form's one field to an action, and empties it when that went well. */
function onSubmit(formId, fieldId, action) {
  byId(formId).addEventListener('submit', async (event) => {
    event.preventDefault();
    const field = byId(fieldId);
    const value = field.value.trim();
    if (value && (await attempt(() => action(value)))) field.value = '';
  });
}

onSubmit('name-form', 'name', enter);
onSubmit('channel-form', 'channel-name', makeChannel);
byId('earlier').onclick = () => attempt(() => sync.earlierMessages());
byId('leave-channel').onclick = () => attempt(leaveChannel);
byId('leave-chat').onclick = leaveChat;
byId('reconnect').onclick = connect;
addEventListener('hashchange', openFromAddress);

openFromAddress();
render();
if (session.name) connect();
else byId('name').focus();
