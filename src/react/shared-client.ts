import { createLiveClient } from '../client/index.ts';
import type { LiveClient, LiveClientOptions } from '../client/index.ts';

/** What {@link useLiveMessages} takes: the options of `createLiveClient`, and who shares the connection. */
export interface LiveMessagesOptions extends Omit<LiveClientOptions, 'signal'> {
  /**
   * Components with the same key share one connection: put the user's id in, so that another user gets another
   * connection.
   *
   * @default the url, when it is a string
   */
  readonly key?: string;
}

/** Which events there are is each component's to say. */
type SharedClient = LiveClient<Record<string, never>>;

interface Shared {
  readonly client: SharedClient;
  options: LiveMessagesOptions;
  users: number;
}

const sharedByKey = new Map<string, Shared>();

/** Which connection the options mean. */
export function keyOf({ key, url }: LiveMessagesOptions): string {
  return key ?? (typeof url === 'string' ? url : '');
}

/** The client of a key, when somebody uses it. */
export function sharedClient(key: string): SharedClient | undefined {
  return sharedByKey.get(key)?.client;
}

/** Later attempts ask these options for their url and token: a component's functions change with each render. */
export function refreshOptions(options: LiveMessagesOptions): void {
  const shared = sharedByKey.get(keyOf(options));
  if (shared) shared.options = options;
}

/**
 * One client for all that use the same key. It is closed in the turn after the last has gone: StrictMode takes a
 * component away and puts it back in one turn.
 */
export function acquire(options: LiveMessagesOptions): { client: SharedClient; release: () => void } {
  const key = keyOf(options);
  const shared = sharedByKey.get(key) ?? open(options);
  sharedByKey.set(key, shared);
  shared.users += 1;
  const release = () => {
    shared.users -= 1;
    setTimeout(() => {
      if (shared.users || sharedByKey.get(key) !== shared) return;
      sharedByKey.delete(key);
      shared.client.close();
    });
  };
  return { client: shared.client, release };
}

function open(options: LiveMessagesOptions): Shared {
  const client = createLiveClient<Record<string, never>>({
    ...options,
    url: () => {
      const { url } = shared.options;
      return typeof url === 'string' ? url : url();
    },
    token: () => shared.options.token(),
  });
  const shared: Shared = { client, options, users: 0 };
  return shared;
}
