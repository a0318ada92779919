// Values by id with their recent versions, so that a read can be answered from a lagging replica.

/** Longest lag of a replica under `stale-reads`. */
export const LAG_MS_MAX = 90_000;
/** Earlier versions are kept for so long: a test may show a state of an hour ago. */
export const KEPT_MS = 61 * 60_000;

interface Version<T> {
  readonly fromMs: number;
  /** Undefined: it does not exist any more. */
  readonly value: T | undefined;
}

export class VersionedMap<T> {
  readonly #keepMs: number;
  /** Oldest first; never empty. */
  readonly #versions = new Map<string, Version<T>[]>();
  /** In the order of removal. */
  #gone: { readonly id: string; readonly atMs: number }[] = [];
  #all: readonly T[] | undefined;
  #revision = 0;

  /** @param keepMs how far back reads may go; older versions are dropped */
  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** Increases with every change. */
  get revision(): number {
    return this.#revision;
  }

  get(id: string): T | undefined {
    return this.#versions.get(id)?.at(-1)?.value;
  }

  /** All present values, in the order of creation; the same array until a change. */
  all(): readonly T[] {
    this.#all ??= [...this.#versions.values()].flatMap((versions) => versions.at(-1)?.value ?? []);
    return this.#all;
  }

  /** The values on a replica at `atMs`, in the order of creation. */
  asOf(atMs: number): readonly T[] {
    return [...this.#versions.values()].flatMap(
      (versions) => versions.findLast(({ fromMs }) => fromMs <= atMs)?.value ?? [],
    );
  }

  /** Sets the value from `atMs` on, and drops versions that no read can reach any more. */
  set(id: string, value: T, atMs: number): void {
    this.#push(id, { fromMs: atMs, value });
  }

  /** From `atMs` on it does not exist. */
  remove(id: string, atMs: number): void {
    if (this.get(id) === undefined) return;
    this.#push(id, { fromMs: atMs, value: undefined });
    const past = this.#gone.filter((gone) => gone.atMs <= atMs - this.#keepMs);
    for (const gone of past) this.#versions.delete(gone.id);
    this.#gone = [...this.#gone.slice(past.length), { id, atMs }];
  }

  #push(id: string, version: Version<T>): void {
    const versions = this.#versions.get(id) ?? [];
    versions.push(version);
    const firstKept = versions.findLastIndex(({ fromMs }) => fromMs <= version.fromMs - this.#keepMs);
    this.#versions.set(id, firstKept > 0 ? versions.slice(firstKept) : versions);
    this.#all = undefined;
    this.#revision++;
  }
}
