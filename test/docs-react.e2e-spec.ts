import type { FunctionComponent } from 'react';
import { JSDOM } from 'jsdom';
import { topic } from 'nestjs-live-messages';
import { WebSocket } from 'ws';
import { blockOf } from './support/doc-blocks';
import { runDoc } from './support/doc-run';
import { turn, until } from './support/live-stage';
import { messageRow } from './support/rows';
import { tokenOf } from './support/tokens';
import { WatchedHost, startWatchedHost } from './support/watched-host';

interface Shown {
  readonly id: string;
  readonly content: string;
}

/** A page; the host beside it needs Node's own globals, so it is not Jest's. */
const { window } = new JSDOM();
const GLOBALS = {
  ...{ window, document: window.document, navigator: window.navigator, WebSocket },
  IS_REACT_ACT_ENVIRONMENT: true,
};

let host: WatchedHost;
let unmount = () => undefined as void;

beforeAll(async () => {
  for (const [name, value] of Object.entries(GLOBALS))
    Object.defineProperty(globalThis, name, { value, configurable: true });
  host = await startWatchedHost();
  host.source.put('ann', topic('CHANNEL', 'general'));
});
afterAll(async () => {
  unmount();
  await until(() => host.registry.size === 0);
  await host.close();
  for (const name of Object.keys(GLOBALS)) Reflect.deleteProperty(globalThis, name);
  window.close();
});

const merge = (all: readonly Shown[], more: readonly Shown[]) => [
  ...new Map([...all, ...more].map((message) => [message.id, message])).values(),
];

it('channel.tsx loads once, shows what comes, and over a drop loses nothing', async () => {
  // React looks for a page when it is loaded.
  const { StrictMode, act, createElement } = await import('react');
  const { createRoot } = await import('react-dom/client');
  let fetches = 0;
  const fetchMessages = () => {
    fetches += 1;
    return Promise.resolve([{ id: 'old', content: 'old' }]);
  };
  const { Channel } = await runDoc<{ Channel: FunctionComponent<{ user: object; id: string }> }>(
    blockOf('docs/clients.md', 'channel.tsx'),
    host,
    { session: { token: () => tokenOf('ann') }, merge, fetchMessages },
  );
  const main = window.document.createElement('main');
  const root = createRoot(main);
  unmount = () => act(() => root.unmount());
  const channel = createElement(Channel, { user: { id: 'ann' }, id: 'general' });
  const texts = () => [...main.querySelectorAll('li')].map(({ textContent }) => textContent);
  // What happens within an act is shown at its end.
  const shows = async (...all: string[]) => {
    for (const start = Date.now(); texts().join() !== all.join() && Date.now() - start < 4_000;)
      await act(turn);
    expect(texts()).toEqual(all);
  };
  act(() => root.render(createElement(StrictMode, null, channel)));
  await shows('old');
  expect(host.registry.size).toBe(1);

  await host.live.message(messageRow('general', { content: 'hello' }));
  await shows('old', 'hello');
  host.ends.at(-1)!.destroy();
  await until(() => host.registry.size === 0);
  await host.live.message(messageRow('general', { content: 'away' }));
  await shows('old', 'hello', 'away');
  expect(fetches).toBe(1);

  unmount();
  await until(() => host.registry.size === 0);
});
