// What many storms came to: broken promises, promises that mattered, and the types of faults that had an effect.
import type { Generator } from './generator.ts';
import type { Ending } from './play.ts';

/** Of fewer storms nobody expects that every type of fault had an effect. */
const ALL_TYPES_FROM_STORMS = 300;
const SENTENCE_MAX = 300;

/** What is told of one storm: nothing where every promise was kept. */
export const endingLines = (
  { seed, broken }: Ending,
  {
    hours,
    generator,
    only,
    first: before,
  }: {
    readonly hours: number;
    readonly generator: string;
    readonly only?: readonly string[];
    readonly first?: readonly string[];
  },
): readonly string[] => {
  const [first] = broken;
  if (!first) return [];
  const more = broken.length > 1 ? ` (and ${broken.length - 1} more)` : '';
  return [
    `storm ${seed}  ${new Date(first.atMs).toISOString().slice(11, 19)}  ${first.promise}  ${first.subject}: ${first.sentence.slice(0, SENTENCE_MAX)}${more}`,
    `  again: npm run storm -- --generator ${generator} --seeds ${seed} --hours ${hours}${only ? ` --only ${only.join()}` : ''}${before ? ` --first ${before.join()}` : ''}   less: add --shrink`,
  ];
};

export class Tally {
  readonly #types: Generator['types'];
  #storms = 0;
  #hours = 0;
  #cpuSeconds = 0;
  #failed = 0;
  readonly #drawn = new Map<string, number>();
  readonly #fired = new Map<string, number>();
  readonly #mattered = new Map<string, number>();
  readonly #idle = new Set<string>();
  readonly #broken = new Map<string, number>();

  constructor({ types }: Pick<Generator, 'types'>) {
    this.#types = types;
  }

  add({ ending, cpuSeconds }: { readonly ending: Ending; readonly cpuSeconds: number }): void {
    this.#storms++;
    this.#hours += ending.virtualHours;
    this.#cpuSeconds += cpuSeconds;
    if (ending.broken.length > 0) this.#failed++;
    for (const type of ending.drawn) count(this.#drawn, type);
    for (const type of ending.fired) count(this.#fired, type);
    for (const promise of ending.mattered) count(this.#mattered, promise);
    for (const promise of ending.idle) this.#idle.add(promise);
    for (const promise of new Set(ending.broken.map((broken) => broken.promise))) count(this.#broken, promise);
  }

  /** Types that were drawn, or had to be in so many storms, and never had an effect. */
  get #neverSeen(): readonly string[] {
    const expected = this.#storms >= ALL_TYPES_FROM_STORMS ? Object.keys(this.#types) : [];
    return expected.filter((type) => !this.#fired.has(type));
  }

  get isClean(): boolean {
    return this.#failed === 0 && this.#neverSeen.length === 0;
  }

  lines({ wallSeconds, jobs }: { readonly wallSeconds: number; readonly jobs: number }): readonly string[] {
    const rows = Object.entries(this.#types).flatMap(([type, { hand, says }]) => {
      if (!this.#drawn.has(type)) return [];
      return `  ${hand.padEnd(7)} ${type.padEnd(26)} ${number(this.#drawn.get(type))} drawn ${number(this.#fired.get(type))} seen   ${says}`;
    });
    const never = [...this.#idle].filter((promise) => !this.#mattered.has(promise));
    return [
      '',
      `${this.#storms} storms, ${this.#hours.toFixed(0)} hours of them: ${this.#failed} broke a promise`,
      ...[...this.#broken].map(([promise, storms]) => `  broken ${promise}: ${storms}`),
      ...[...this.#mattered]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([promise, storms]) => `  mattered ${promise}: ${storms}`),
      ...(never.length > 0 ? [`  never mattered: ${never.join(', ')}`] : []),
      'faults, and in how many storms they were seen to have an effect:',
      ...rows,
      ...(this.#neverSeen.length > 0 ? [`never seen: ${this.#neverSeen.join(', ')}`] : []),
      `${wallSeconds.toFixed(0)} s with ${jobs} processes, ${(this.#hours / Math.max(0.001, this.#cpuSeconds)).toFixed(2)} hours of storms a second and core`,
    ];
  }
}

const count = <Key>(counts: Map<Key, number>, key: Key): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
const number = (value = 0): string => String(value).padStart(5);
