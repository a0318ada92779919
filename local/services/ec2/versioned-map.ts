// Things by id, each with its recent past, so that a read can be answered from a replica that lags behind.

/** How far a replica may lag under `stale-reads`; the past is kept for so long. */
export const LAG_MS_MAX = 90_000;
interface Version<T> {
  readonly fromMs: number;
  /** Undefined: it does not exist any more. */
  readonly value: T | undefined;
}

export class VersionedMap<T> {
  readonly #keepMs: number;
  /** Oldest first; never empty. */
  readonly #versions = new Map<string, Version<T>[]>();
  /** In the order of going. */
  #gone: { readonly id: string; readonly atMs: number }[] = [];
  #all: readonly T[] | undefined;
  #revision = 0;

  /** @param keepMs how far back reads may ask; older versions are forgotten */
  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** Counts up with every change. */
  get revision(): number {
    return this.#revision;
  }

  get(id: string): T | undefined {
    return this.#versions.get(id)?.at(-1)?.value;
  }

  /** What there is, in the order of creation; the same array until something changes. */
  all(): readonly T[] {
    this.#all ??= [...this.#versions.values()].flatMap((versions) => versions.at(-1)?.value ?? []);
    return this.#all;
  }

  /** What a replica that is at `atMs` shows, in the order of creation. */
  asOf(atMs: number): readonly T[] {
    return [...this.#versions.values()].flatMap(
      (versions) => versions.findLast(({ fromMs }) => fromMs <= atMs)?.value ?? [],
    );
  }

  /** Sets the value from `atMs` on, and forgets what no read can ask for any more. */
  set(id: string, value: T, atMs: number): void {
    this.#push(id, { fromMs: atMs, value });
  }

  /** From `atMs` on there is no such thing. */
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
