/**
 * What came under a key in the last while. Kept in two generations, of which the older is thrown away whole: to delete
 * from the front of a large map costs more with each deletion.
 */
export class RecentKeys<T> {
  private young = new Map<string, { readonly value: T; readonly since: number }>();
  private old = this.young;
  private bornAt = performance.now();

  constructor(private readonly lifeMs: number) {}

  get(key: string): T | undefined {
    const entry = this.young.get(key) ?? this.old.get(key);
    return entry && entry.since > performance.now() - this.lifeMs ? entry.value : undefined;
  }

  set(key: string, value: T): void {
    const now = performance.now();
    if (now - this.bornAt >= this.lifeMs) {
      this.old = this.young;
      this.young = new Map();
      this.bornAt = now;
    }
    this.young.set(key, { value, since: now });
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }
}
