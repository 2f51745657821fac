/**
 * @jest-environment jsdom
 * @jest-environment-options {"customExportConditions": ["node"]}
 */
import { StrictMode, act, createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { LiveStage, message, settled, until as awaited } from '../../test/support/live-stage';
import type { LiveState } from '../client/index.ts';
import { useLiveMessages } from './index.ts';
import type { LiveMessagesHandlers, LiveMessagesOptions } from './index.ts';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

let stage: LiveStage;
let root: Root;
beforeEach(async () => {
  stage = await LiveStage.set();
  root = createRoot(document.createElement('main'));
});
afterEach(async () => {
  act(() => root.unmount());
  await closing();
  await stage.clear();
});

/** The turn in which a connection that nobody uses is closed. */
const closing = () => act(() => new Promise((resolve) => setTimeout(resolve, 5)).then(settled));
const until = (condition: () => boolean) => act(() => awaited(condition));
const nextVisit = () => act(() => stage.server.next());
interface Props {
  readonly options?: LiveMessagesOptions | null;
  readonly handlers?: LiveMessagesHandlers;
  readonly states?: LiveState[];
}

function Listener({ options, handlers, states }: Props) {
  const state = useLiveMessages(options === undefined ? optionsNow() : options, handlers);
  states?.push(state);
  return state.status;
}

/** New at each render, as in most components. */
const optionsNow = (): LiveMessagesOptions => ({ url: stage.server.url, token: () => 'token' });

const render = (...children: Props[]) =>
  act(() =>
    root.render(
      createElement(
        StrictMode,
        null,
        ...children.map((props, key) => createElement(Listener, { key, ...props })),
      ),
    ),
  );

async function connect() {
  const visit = (await nextVisit()).connect();
  await act(settled);
  return visit;
}

describe('useLiveMessages', () => {
  it('opens one connection for all components, under StrictMode', async () => {
    const states: LiveState[] = [];
    const seen: string[] = [];
    const handlers = (name: string) => ({ MESSAGE: ({ id }: { id: string }) => seen.push(`${name} ${id}`) });
    render({ states, handlers: handlers('a') }, { handlers: handlers('b') }, {});
    expect(states.at(-1)).toEqual({ status: 'connecting' });
    const visit = await connect();
    expect(states.at(-1)).toEqual({ status: 'connected' });
    visit.send(message('1', 'c1'));
    await until(() => seen.length === 2);
    await closing();
    expect(seen).toEqual(['a 1', 'b 1']);
    expect(stage.server.visits).toHaveLength(1);
    expect(visit.isClosed).toBe(false);
  });

  it('closes it after the last has gone, and not before', async () => {
    render({}, {});
    const visit = await connect();
    render({});
    await closing();
    expect(visit.isClosed).toBe(false);
    render();
    expect(await act(() => visit.closed)).toBe(1000);
  });

  it('keeps it when one page goes and the next comes in one turn', async () => {
    render({});
    const visit = await connect();
    act(() => root.render(createElement('div', null, createElement(Listener))));
    await closing();
    expect(stage.server.visits).toHaveLength(1);
    expect(visit.isClosed).toBe(false);
  });

  it('calls the handlers of the latest render, and opens nothing again', async () => {
    const seen: string[] = [];
    let rerender = () => undefined as void;
    function Counter() {
      const [count, setCount] = useState(0);
      rerender = () => setCount((now) => now + 1);
      useLiveMessages(optionsNow(), { MESSAGE: ({ id }) => void seen.push(`${id} in ${count}`) });
      return null;
    }
    act(() => root.render(createElement(StrictMode, null, createElement(Counter))));
    const visit = await connect();
    for (let times = 0; times < 3; times += 1) act(() => rerender());
    visit.send(message('1', 'c1'));
    await until(() => seen.length > 0);
    expect(seen).toEqual(['1 in 3']);
    expect(stage.server.visits).toHaveLength(1);
  });

  it('takes handlers that come and go', async () => {
    const seen: string[] = [];
    const MESSAGE = ({ id }: { id: string }) => seen.push(id);
    render({ handlers: {} });
    const visit = await connect();
    render({ handlers: { MESSAGE } });
    visit.send(message('1', 'c1'));
    await until(() => seen.length > 0);
    render({ handlers: {} });
    visit.send(message('2', 'c2'));
    await settled();
    expect(seen).toEqual(['1']);
  });

  it('waits for every component to fetch', async () => {
    const ends: (() => void)[] = [];
    const resync = () => new Promise<void>((resolve) => ends.push(resolve));
    render({ handlers: { resync } }, { handlers: { resync } });
    const visit = await connect();
    visit.send({ message_type: 'RESYNC', cursor: 'r', reason: 'HISTORY_LOST', spread_ms: 0 });
    await until(() => ends.length === 2);
    ends[0]!();
    await act(settled);
    act(() => visit.drop());
    const second = await nextVisit();
    expect(second.resume).toBe('start');
    ends[1]!();
    second.connect('start').send(message('1', 'c1'));
    await act(settled);
    act(() => second.drop());
    expect((await nextVisit()).resume).toBe('c1');
  });

  it('asks the latest token function', async () => {
    const options = (token: string) => ({ url: stage.server.url, token: () => token });
    render({ options: options('first') });
    const visit = await connect();
    expect(visit.token).toBe('first');
    render({ options: options('second') });
    act(() => visit.drop());
    expect((await nextVisit()).token).toBe('second');
    await act(settled);
  });

  it('opens another connection for another key, and closes the first', async () => {
    const states: LiveState[] = [];
    render({ options: { ...optionsNow(), key: 'ann' }, states });
    const visit = await connect();
    render({ options: { ...optionsNow(), key: 'bob' }, states });
    expect(states.at(-1)).toEqual({ status: 'connecting' });
    expect(await act(() => visit.closed)).toBe(1000);
    await connect();
    expect(states.at(-1)).toEqual({ status: 'connected' });
    expect(stage.server.visits).toHaveLength(2);
  });

  it('has no connection without options', async () => {
    const states: LiveState[] = [];
    render({ options: null, states });
    await closing();
    expect(states.at(-1)).toEqual({ status: 'closed', reason: 'no options' });
    expect(stage.server.visits).toHaveLength(0);
    render({ states });
    const visit = await connect();
    render({ options: null, states });
    expect(await act(() => visit.closed)).toBe(1000);
    expect(states.at(-1)).toMatchObject({ status: 'closed' });
  });
});
