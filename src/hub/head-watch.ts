/** Who waits until a node has come so far. */
export class HeadWatch {
  private readonly waiting = new Set<() => void>();

  /** Resolves when it is so, which is looked at with each {@link wake}, or after the timeout, in milliseconds. */
  async until(isSo: () => boolean, timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!isSo() && performance.now() < end) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        this.waiting.add(wake);
      });
    }
  }

  /** Something has come. */
  wake(): void {
    for (const wake of this.waiting) wake();
  }
}
