// What the ladder would do to a node, for people: in mode plan, in mode ask, and before a restore by hand. Pure.

import { isVolumeType, MONTHLY_USD_PER_GIB } from '../../shared/guardrails/ebs.ts';
import type { Terms } from '../../shared/heal/approval.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { type PlanWords, planSentence } from '../../shared/model/journal-fields.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { sourceOf, termsOf } from './approval.ts';
import { begin } from './begin.ts';
import { chooseCopy } from './choose.ts';
import { ladderOf } from './decide.ts';
import { guardOf } from './guard.ts';
import { cannotBegin } from './machine.ts';
import type { Facts } from './model.ts';

export interface LadderPlan {
  readonly rungs: readonly Rung[];
  /** The data that may be copied, by name; null where there are none. */
  readonly source: string | null;
  /** What an approval covers. */
  readonly terms: Terms;
  readonly sentence: string;
  readonly words: PlanWords;
  readonly evidence: {
    readonly rungs: readonly Rung[];
    /** What guards say of each rung. */
    readonly guardrails: readonly { readonly rule: Rung; readonly verdict: string }[];
    readonly source: string | null;
    /** What the copy costs a month while the volumes of before are kept beside it. */
    readonly costUsdPerMonth: number;
    /** At most, the catching up left out. */
    readonly minutes: number;
  };
}

const MINUTES: Readonly<Record<Rung, number>> = { restart: 5, 'stop-start': 10, swap: 15, replace: 20 };
const MIB_PER_GIB = 1024;

/** The memory that a heal would begin with, where one would; what may be copied is read by it. */
export function memoryOf(facts: Facts): ReplaceMemory | null {
  const began = begin({ ...facts, old: facts.old && { ...facts.old, agentOnline: false } });
  return began.do === 'begin' ? began.memory : null;
}

/** @returns a refusal where nothing would be done; `well` where nothing is wrong */
export function planOf(facts: Facts): LadderPlan | { readonly refusal: Refusal } | { readonly well: string } {
  // Nothing is sent to the node for a plan: what EC2 tells of its volumes has to do.
  const began = begin(facts.seen ? facts : { ...facts, old: facts.old && { ...facts.old, agentOnline: false } });
  if (began.do === 'end')
    return began.end.as === 'refused' ? { refusal: began.end.refusal } : { well: began.end.reason };
  const memory = began.do === 'begin' ? began.memory : null;
  return plannedFrom(facts, memory);
}

function plannedFrom(facts: Facts, memory: ReplaceMemory | null): LadderPlan | { readonly refusal: Refusal } {
  const rungs = ladderOf(facts, memory ?? NOTHING_TRIED);
  const verdicts = rungs.map((rung) => [rung, guardOf(facts, rung) ?? neverRefusal(facts, rung)] as const);
  const [first] = verdicts;
  if (!first) {
    const refusal = {
      refuse: 'restart-forbidden',
      reason: 'the fleet file allows no rung that could help here',
      page: true,
      lookAgainMs: 60 * 60_000,
    } as const;
    return { refusal };
  }
  if (first[1]) return { refusal: first[1] };
  const guardrails = verdicts.map(([rule, refusal]) => ({ rule, verdict: refusal?.reason ?? 'may be done' }));
  const allowed = verdicts.flatMap(([rung, refusal]) => (refusal ? [] : [rung]));
  // What no person decides about, and nobody would see before the rungs below it are spent.
  const never = rungs.flatMap((rung) => {
    const why = cannotBegin(facts, rung);
    return why === null ? [] : [`; no ${rung}: ${why}`];
  });
  const chosen = memory && facts.sources ? chooseCopy(facts, memory, memory.found.availabilityZone) : null;
  const source = chosen === null ? null : 'failed' in chosen ? chosen.failed : chosen.reason;
  const found = memory?.found.volumes ?? [];
  const addedUsdAMonth = found.reduce(
    (sum, { type, sizeGiB }) => sum + (isVolumeType(type) ? MONTHLY_USD_PER_GIB[type] * sizeGiB : 0),
    0,
  );
  const rate = facts.fleet.replace.initializationMiBps;
  const initializing =
    rate === undefined
      ? 0
      : found.reduce((most, { sizeGiB }) => Math.max(most, (sizeGiB * MIB_PER_GIB) / rate / 60), 0);
  const expectedMinutes = Math.ceil(
    allowed.reduce((sum, rung) => sum + MINUTES[rung], 0) + (allowed.includes('swap') ? initializing : 0),
  );
  const why =
    facts.want.do === 'heal' ? (facts.watched?.reason ?? 'it does not follow its chain') : 'a person asked for it';
  const copied = chosen === null || 'failed' in chosen ? null : sourceOf(chosen.copy);
  const words = {
    would: allowed.join(', then '),
    because: `${why}${pointersIn(facts, allowed)}${allowed.includes('swap') && source !== null ? `; data: ${source}` : ''}; ${expectedMinutes} min at most, +$${addedUsdAMonth.toFixed(2)} a month while the old volumes are kept${never.join('')}`,
  };
  return {
    rungs: allowed,
    source: copied,
    terms: termsOf({ want: facts.want, rungs: allowed, found, source: copied, addedUsdAMonth }),
    sentence: planSentence(words),
    words,
    evidence: {
      rungs: allowed,
      guardrails,
      source,
      costUsdPerMonth: Math.round(addedUsdAMonth * 100) / 100,
      minutes: expectedMinutes,
    },
  };
}

function pointersIn({ reach, fleet }: Facts, rungs: readonly Rung[]): string {
  if (!rungs.includes('replace') || !reach || reach.pointers.length === 0) return '';
  return `; without the tags of ${fleet.name}, these would go on pointing at the old instance: ${reach.pointers.join(', ')}`;
}

/** What cannot be had is told before anything is done for it. */
function neverRefusal(facts: Facts, rung: Rung): Refusal | null {
  const reason = cannotBegin(facts, rung);
  if (reason === null) return null;
  const refuse = facts.launch?.is === 'refused' ? 'aws-refused' : 'restart-forbidden';
  return { refuse, reason, page: true, lookAgainMs: 60 * 60_000 };
}

const NOTHING_TRIED = { failed: [] };
