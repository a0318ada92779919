// The policies that a storm can be played with, besides chainmend itself.
import { cosmosOperator, pvcAutoresizer } from './kubernetes.ts';
import { fixedBreaker, naive } from './naive.ts';
import type { Policy, PolicyAct, View } from './policy.ts';

const nobody: Policy<undefined> = {
  says: 'Nobody does anything.',
  begin: undefined,
  tellsRefusals: false,
  decide: () => ({ acts: [], memory: undefined }),
};

const all = {
  nobody,
  naive,
  'fixed-breaker': fixedBreaker,
  'cosmos-operator': cosmosOperator,
  'pvc-autoresizer': pvcAutoresizer,
};

export type BuiltInName = keyof typeof all;

/** A policy at work: what it remembers only itself understands. */
export interface Running {
  readonly tellsRefusals: boolean;
  readonly decide: (view: View) => readonly PolicyAct[];
}

/** The policy from its beginning. */
export function running({ decide, begin, tellsRefusals }: Policy): Running {
  let memory = begin;
  return {
    tellsRefusals,
    decide: (view) => {
      const decided = decide(view, memory);
      memory = decided.memory;
      return decided.acts;
    },
  };
}

export const builtIn = (name: BuiltInName): Policy => all[name] as Policy;

export const BUILT_IN_NAMES = Object.keys(all) as readonly BuiltInName[];

/** Chainmend itself: as the owners of a storm have it, and where each of them lets it act. */
export const OURS = 'chainmend';
export const OURS_ACTING = 'chainmend-act';
/** A program that somebody brings. */
export const THEIRS = 'yours';
export type PolicyName = BuiltInName | typeof OURS | typeof OURS_ACTING | typeof THEIRS;

export const isOurs = (name: PolicyName): name is typeof OURS | typeof OURS_ACTING =>
  name === OURS || name === OURS_ACTING;

/** What each does, in one sentence. */
export const sayingOf = (name: PolicyName): string =>
  name === OURS
    ? 'As each owner has set it up: about a fifth of the fleets only plan, or ask first, and nobody may answer.'
    : name === OURS_ACTING
      ? 'The same fleets, all of them in mode act.'
      : name === THEIRS
        ? 'The program of --policy.'
        : all[name].says;
