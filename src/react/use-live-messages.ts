'use client';

import { useCallback, useEffect, useInsertionEffect, useRef, useSyncExternalStore } from 'react';
import type { ChatEvents, LiveHandlers, LiveState } from '../client/index.ts';
import { acquire, keyOf, refreshOptions, sharedClient } from './shared-client.ts';
import type { LiveMessagesOptions } from './shared-client.ts';

/** Before the first effect, and on the server. */
const CONNECTING: LiveState = { status: 'connecting' };

/** Without options. */
const OFF: LiveState = { status: 'closed', reason: 'no options' };

/** What a component wants to be called for: names of events, and `resync`. */
export type LiveMessagesHandlers<Events extends object = ChatEvents> = Partial<
  Omit<LiveHandlers<Events>, 'state'>
>;

/**
 * Receives events while the component is mounted, over one connection for all components with the same
 * {@link LiveMessagesOptions.key}. It opens with the first and closes after the last.
 *
 * Handlers and functions may be new at each render: the latest are called, and nothing is opened again.
 * `resume` and `WebSocket` are those of the component that came first.
 *
 * @example
 * const { status } = useLiveMessages(
 *   { key: user.id, url: '/ws', token: () => session.token() },
 *   { MESSAGE: (message) => add(message), resync: () => refetch() },
 * );
 *
 * @param options null for no connection, before the login say
 * @returns what the connection does now
 */
export function useLiveMessages<Events extends object = ChatEvents>(
  options: LiveMessagesOptions | null,
  handlers: LiveMessagesHandlers<Events> = {},
): LiveState {
  const key = options && keyOf(options);
  const latest = useRef({ options, handlers });
  useInsertionEffect(() => {
    latest.current = { options, handlers };
    if (options) refreshOptions(options);
  });

  const subscribe = useCallback(
    (onChange: () => void) => {
      if (key === null) return () => undefined;
      const { client, release } = acquire(latest.current.options!);
      const unsubscribe = client.on('state', onChange);
      return () => {
        unsubscribe();
        release();
      };
    },
    [key],
  );
  const stateNow = () => (key === null ? OFF : (sharedClient(key)?.state ?? CONNECTING));
  const state = useSyncExternalStore(subscribe, stateNow, () => (key === null ? OFF : CONNECTING));

  const names = JSON.stringify(Object.keys(handlers).sort());
  useEffect(() => {
    if (key === null) return;
    const { client, release } = acquire(latest.current.options!);
    const ends = (JSON.parse(names) as string[]).map((name) =>
      client.on(name, (payload) => (latest.current.handlers as Handlers)[name]?.(payload)),
    );
    return () => {
      for (const end of ends) end();
      release();
    };
  }, [key, names]);

  return state;
}

type Handlers = Record<string, ((payload: never) => unknown) | undefined>;
