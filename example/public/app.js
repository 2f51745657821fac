import { api, renewToken, signIn } from './api.js';
import { ChannelsView, renderTitle } from './channels-view.js';
import { Composer } from './composer.js';
import { byId, hasPointer, paintAvatar } from './dom.js';
import { openLive } from './live.js';
import { persistently } from './persistently.js';
import { MembersView } from './members-view.js';
import { MessagesView } from './messages-view.js';
import { Reading } from './reading.js';
import { session } from './session.js';
import { attempt, notify, showConnection, showTyping } from './status-view.js';
import { Store } from './store.js';
import { Sync } from './sync.js';

const store = new Store({
  changed: render,
  isMine: (row) => row.user_id === session.userId,
  isReading: () => reading.isReading,
});
const reading = new Reading(store, () => messagesView.isAtEnd);
const sync = new Sync(store, () => reading.told);
const channelsView = new ChannelsView((id) => attempt(() => join(id)));
const membersView = new MembersView();
const messagesView = new MessagesView({
  edit: (row, content) => attempt(async () => store.apply(await api.edit(row.id, content))),
  askDelete,
  scrolled: look,
  changed: render,
  done: focusDraft,
});
const composer = new Composer({
  post: (channelId, content) => attempt(async () => store.apply(await api.post(channelId, content))),
  typing: (channelId) => api.typing(channelId).catch(() => undefined),
  editLast,
});
/** From coming in until leaving; the connection ends with it. */
let visit = new AbortController();

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
  if (channel) messagesView.render(store, session.userId);
  membersView.render(store, session.userId);
  showTyping(store.typingUserIds.map((id) => store.nameOf(id)));
  look();
}

/** After the messages were drawn, because what is in sight then is read. */
function look() {
  reading.look();
  messagesView.renderJump(store);
  channelsView.render(store);
  renderTitle(store);
}

/** Fetches what is shown, and goes live from there. */
async function connect() {
  visit.abort();
  visit = new AbortController();
  const { signal } = visit;
  showConnection({ status: 'connecting' });
  let resume;
  try {
    resume = await persistently(() => sync.all(signal), signal);
  } catch (error) {
    return signal.aborted || notify(error.message);
  }
  openLive({
    resume,
    signal,
    renewToken,
    onEvent: (event) => sync.apply(event),
    onResync: (request) => sync.all(request.signal),
    onRefused: signedOut,
    onState: showConnection,
  });
}

/** Comes in, and into a channel, so that there is something to talk in. */
async function enter(name) {
  await signIn(name);
  render();
  await connect();
  const first = store.channels.find(({ member }) => member);
  if (!store.channel && first) location.replace(`#${first.id}`);
  if (store.channel) focusDraft();
}

function leaveChat() {
  visit.abort();
  session.clear();
  location.hash = '';
  composer.clear();
  store.setChannels([]);
  store.open(null);
  render();
  byId('name').focus();
}

/** The server takes the tokens of this name no more. */
function signedOut() {
  const { name } = session;
  leaveChat();
  byId('name').value = name;
  notify('You were signed out. Come in again.');
}

/** The channel on show stands in the address, so that Back and a reload do what one expects. */
function openFromAddress() {
  const channelId = location.hash.slice(1) || null;
  const leftId = store.channelId;
  if (channelId === leftId) return;
  store.open(channelId);
  render();
  composer.open(channelId);
  if (!store.channel) return leftId && focusChannelList(leftId);
  void attempt(() => sync.opened());
  if (hasPointer()) composer.focus();
  else byId('channel-title').focus();
}

function focusDraft() {
  if (hasPointer()) composer.focus();
  else byId('log').focus();
}

/** Where a channel was closed, the focus goes back to it in the list. */
function focusChannelList(channelId) {
  const links = [...byId('joined-channels').querySelectorAll('a')];
  (links.find(({ hash }) => hash === `#${channelId}`) ?? links[0] ?? byId('channel-name')).focus();
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

function editLast() {
  const row = store.messages.findLast(
    ({ user_id: userId, deleted }) => userId === session.userId && !deleted,
  );
  if (row) messagesView.startEditing(row.id);
}

function askDelete(row) {
  const dialog = byId('delete-dialog');
  byId('delete-content').textContent = row.content;
  dialog.returnValue = '';
  dialog.onclose = () => {
    if (dialog.returnValue !== 'delete') return;
    focusDraft();
    void attempt(async () => store.apply(await api.delete(row.id)));
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
addEventListener('signedout', signedOut);
addEventListener('hashchange', openFromAddress);
document.addEventListener('visibilitychange', look);

openFromAddress();
render();
if (session.name) connect();
else byId('name').focus();
