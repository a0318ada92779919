// What two versions do differently in the same stories. Pure.
import type { PlayedStory } from './form.ts';

export interface StoryDifference {
  readonly story: string;
  /** Acts that only the one or the other version has; what happens twice is there twice. */
  readonly lost: readonly string[];
  readonly gained: readonly string[];
}

export interface Differences {
  readonly stories: number;
  readonly different: readonly StoryDifference[];
  /** Of each kind of act ("swap, healed", "refused drift-refused") how many, under either version; only those that differ. */
  readonly counts: readonly { readonly act: string; readonly before: number; readonly after: number }[];
  /** The same in words: "2 more swaps healed, 1 fewer refused". Empty where only ends or orders differ. */
  readonly sums: string;
}

export function differencesOf(played: readonly PlayedStory[]): Differences {
  const stories = [...new Set(played.map(({ story }) => story))];
  const actsOf = (story: string, by: PlayedStory['by']): readonly string[] =>
    played.find((one) => one.story === story && one.by === by)?.acts ?? [];
  const different = stories.flatMap((story): readonly StoryDifference[] => {
    const [before, after] = [actsOf(story, 'before'), actsOf(story, 'after')];
    const [lost, gained] = [without(before, after), without(after, before)];
    return lost.length + gained.length === 0 ? [] : [{ story, lost, gained }];
  });
  const countOf = (by: PlayedStory['by']): ReadonlyMap<string, number> => {
    const counts = new Map<string, number>();
    for (const story of stories)
      for (const act of actsOf(story, by).map(kindOf)) counts.set(act, (counts.get(act) ?? 0) + 1);
    return counts;
  };
  const [before, after] = [countOf('before'), countOf('after')];
  const counts = [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((act) => ({ act, before: before.get(act) ?? 0, after: after.get(act) ?? 0 }))
    .filter((one) => one.before !== one.after);
  return { stories: stories.length, different, counts, sums: sumsOf(counts) };
}

const SUMS_MAX = 6;

/** What was done and refused, in words; how a node ends follows from it. */
function sumsOf(counts: Differences['counts']): string {
  const told = counts
    .filter(({ act }) => !act.startsWith('ends '))
    .map(({ act, before, after }) =>
      after > before ? `${after - before} more “${act}”` : `${before - after} fewer “${act}”`,
    );
  const more = told.length - SUMS_MAX;
  return [...told.slice(0, SUMS_MAX), ...(more > 0 ? [`and ${more} more kinds`] : [])].join(', ');
}

/** Without the node: "node2: swap, healed" is "swap, healed". */
const kindOf = (act: string): string => act.slice(act.indexOf(': ') + 2);

/** The first list without what is in the second, each as often as it is there. */
function without(some: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return some.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
