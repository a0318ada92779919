// What the first turn of a heal would have decided about a node of the past, by the little that is known of it. The one file that others may read the
// decisions of this function through (.dependency-cruiser.mjs). Pure.

import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import type { RankedSets } from '../../shared/snapshots/ranking.ts';
import type { Facts } from './facts.ts';
import { planOf, stateOf } from './plan.ts';
import { NO_SOURCES } from './supply.ts';

export { FULL_PERCENT } from './open-disk.ts';

/** What is known of a node when its trouble was noticed. */
export type Past = Pick<
  Facts,
  | 'nowMs'
  | 'fleet'
  | 'role'
  | 'node'
  | 'instanceId'
  | 'onsetMs'
  | 'original'
  | 'instanceStore'
  | 'volumes'
  | 'seen'
  | 'watched'
  | 'breaker'
  | 'haltedSinceMs'
  | 'keyScope'
>;

export type PastPlan =
  | { readonly refusal: Refusal }
  /** Why nothing was wrong enough to act on. */
  | { readonly well: string }
  | {
      /** Those that would have been allowed, in the order of the ladder. */
      readonly rungs: readonly Rung[];
      readonly sentence: string;
      /** Every rung of the ladder that was considered, with the guards' verdict on it. */
      readonly verdicts: readonly { readonly rung: Rung; readonly verdict: string }[];
    };

/** Whether the volumes of the node are known well enough for a heal to begin. Otherwise no snapshot set is looked for. */
export const wouldLookForSets = (past: Past): boolean => stateOf(factsOf(past)) !== null;

/** @param sets that stood then; null where they are not known, or not looked for */
export function planThen(past: Past, sets: Pick<RankedSets, 'good' | 'refused'> | null): PastPlan {
  const sources = sets && { ...NO_SOURCES, good: sets.good, refused: sets.refused };
  const plan = planOf({ ...factsOf(past), sources });
  if (!('rungs' in plan)) return plan;
  const verdicts = plan.evidence.guardrails.map(({ rule, verdict }) => ({ rung: rule, verdict }));
  return { rungs: plan.rungs, sentence: plan.sentence, verdicts };
}

/** Nothing had been done yet, nobody had asked for anything, and nothing hindered. */
const factsOf = (past: Past): Facts => ({
  ...past,
  want: { do: 'heal' },
  incidentId: 'backtest',
  stopProtected: false,
  standbyFault: null,
  replacement: null,
  gone: null,
  move: null,
  impairedVolumes: [],
  unanswered: null,
  openUntilMs: null,
  reach: null,
  sources: null,
  launch: null,
  rollBack: null,
  reindex: null,
  mateBack: null,
  initialization: null,
});
