/** A call from the parent process, by the name of a method. */
export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What became of a {@link Call}. */
export interface Outcome {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Answers the calls of the parent process, and ends with it. */
export function answer(role: object): void {
  process.on('message', (call: Call) => void reply(role, call));
  process.on('disconnect', () => process.exit());
}

async function reply(role: object, { id, method, args }: Call): Promise<void> {
  try {
    const called = role[method as keyof typeof role] as (...args: readonly unknown[]) => unknown;
    process.send?.({ id, result: await called.apply(role, [...args]) } satisfies Outcome);
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.message : String(error) } satisfies Outcome);
  }
}
