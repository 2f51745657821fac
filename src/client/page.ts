/** What a page's life means to a connection. */
export interface PageWatcher {
  /** The page is online, shown, or back from the back-forward cache. */
  readonly wake: () => void;
  /** No connection is of use now: there is no network, or the page goes into the back-forward cache. */
  readonly pause: (reason: 'offline' | 'hidden') => void;
}

/** Listens to the page's life, where there is a page, until the signal aborts. */
export function watchPage({ wake, pause }: PageWatcher, signal: AbortSignal): void {
  if (typeof addEventListener !== 'function') return;
  addEventListener('online', wake, { signal });
  addEventListener('offline', () => pause('offline'), { signal });
  // An open connection would keep the page out of the back-forward cache.
  addEventListener('pagehide', ({ persisted }) => persisted && pause('hidden'), { signal });
  addEventListener('pageshow', wake, { signal });
  // A worker has none.
  if (typeof document === 'undefined') return;
  document.addEventListener(
    'visibilitychange',
    // Only a `false` can be believed: `true` may be a network that leads nowhere.
    () => document.visibilityState === 'visible' && navigator.onLine !== false && wake(),
    { signal },
  );
}
