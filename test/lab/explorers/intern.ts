// Gives equal values the same number: the explorer's exact states are rows of such numbers.

/** Values that people read and no decision depends on. With them, states that behave the same would look different. */
const NEUTRAL: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['reason', ''],
  ['version', 0],
  ['refusedCodes', []],
  ['pagedCodes', []],
  ['lastWord', null],
]);

/** Values are plain JSON. Equal ones, whatever the order of their keys, get the same number and are the same object. */
export class Interner<T> {
  readonly #values: T[] = [];
  readonly #byIdentity = new Map<T, number>();
  /** Values as JSON.stringify writes them, with any order of keys: the fast path. */
  readonly #byText = new Map<string, number>();
  readonly #byCanonicalText = new Map<string, number>();

  idOf(value: T): number {
    const known = this.#byIdentity.get(value);
    if (known !== undefined) return known;
    const text = JSON.stringify(value);
    const seen = this.#byText.get(text);
    if (seen !== undefined) return seen;
    const id = this.#add(JSON.stringify(canonical(value)));
    this.#byText.set(text, id);
    return id;
  }

  valueOf(id: number): T {
    return this.#values[id] as T;
  }

  #add(text: string): number {
    const known = this.#byCanonicalText.get(text);
    if (known !== undefined) return known;
    const value = JSON.parse(text) as T;
    const id = this.#values.push(value) - 1;
    this.#byIdentity.set(value, id);
    this.#byCanonicalText.set(text, id);
    return id;
  }
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, of]) => [key, NEUTRAL.has(key) ? NEUTRAL.get(key) : canonical(of)]));
}
