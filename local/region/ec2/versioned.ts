// A value and its recent past, so that a read can be answered from a replica that lags behind.

export class Versioned<T> {
  private versions: { readonly fromMs: number; readonly value: T }[];

  constructor(value: T, fromMs: number) {
    this.versions = [{ fromMs, value }];
  }

  get current(): T {
    const last = this.versions.at(-1);
    if (!last) throw new Error('a versioned value has at least one version');
    return last.value;
  }

  /** Sets the value from `atMs` on and forgets what no read can ask for any more: older than `keepMs`, except the last of those. */
  set(value: T, atMs: number, keepMs: number): void {
    this.versions.push({ fromMs: atMs, value });
    const oldestMs = atMs - keepMs;
    const firstKept = this.versions.findLastIndex((version) => version.fromMs <= oldestMs);
    if (firstKept > 0) this.versions = this.versions.slice(firstKept);
  }

  /** What a replica that is at `atMs` shows; undefined when the thing did not exist for it yet. */
  asOf(atMs: number): T | undefined {
    return this.versions.findLast((version) => version.fromMs <= atMs)?.value;
  }
}
