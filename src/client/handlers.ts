/** Takes an event, a state or a request. */
export type Handler = (payload: never) => unknown;

/** Says what went wrong in the app's own code, without stopping ours. */
function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else console.error(error);
}

/** Who wants to be called, by name. */
export class Handlers {
  private readonly byName = new Map<PropertyKey, Set<Handler>>();

  /** The same function may be added twice: each has its own end. */
  add(name: PropertyKey, handler: Handler): () => void {
    const handlers = this.byName.get(name) ?? new Set();
    this.byName.set(name, handlers);
    const own: Handler = (payload) => handler(payload);
    handlers.add(own);
    return () => void handlers.delete(own);
  }

  /** Those that are there now. */
  of(name: PropertyKey): Handler[] {
    return [...(this.byName.get(name) ?? [])];
  }

  has(name: PropertyKey, handler: Handler): boolean {
    return this.byName.get(name)?.has(handler) ?? false;
  }

  /** Calls each of them, unless one before has ended it. What they throw or reject with is reported. */
  call(name: PropertyKey, payload: unknown): void {
    for (const handler of this.of(name)) {
      if (this.has(name, handler)) void attempt(handler, payload);
    }
  }

  clear(): void {
    this.byName.clear();
  }
}

/** Calls it at once. @returns whether it went well, once that is known; what went wrong after `signal` aborted is no news */
export async function attempt(handler: Handler, payload: unknown, signal?: AbortSignal): Promise<boolean> {
  try {
    await handler(payload as never);
    return true;
  } catch (error) {
    if (!signal?.aborted) report(error);
    return false;
  }
}
