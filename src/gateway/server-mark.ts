const MARK = Symbol('live-messages:server');

/** Marks the options of the endpoint's ws server, so that an adapter can tell it from the host's own gateways. */
export function markServer<T extends object>(options: T): T {
  return Object.assign(options, { [MARK]: true });
}

/** Whether a ws server's options, as they reach an adapter, are the endpoint's. */
export function isLiveMessagesServer(options: object): boolean {
  return MARK in options;
}
