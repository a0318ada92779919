// What the ladder would do to a node, for people: in mode plan, in mode ask, and before a restore by hand. Also what an approval covers, and what a
// limited attempt may do: what was approved, and what an earlier attempt has left open. Pure.

import { isVolumeType, MONTHLY_USD_PER_GIB } from '../../shared/guardrails/ebs.ts';
import type { Terms } from '../../shared/heal/approval.ts';
import { maySettle, unsettled } from '../../shared/heal/lease.ts';
import type { FoundVolume, LadderState, RestoredVolumes } from '../../shared/heal/memory.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { type PlanWords, planSentence } from '../../shared/model/journal-fields.ts';
import type { ReplacePayload, RequestedAction } from '../../shared/model/payload.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { partsOf } from './acts/table.ts';
import { begin, NO_RUNG, stateBegun } from './decide.ts';
import type { Facts } from './facts.ts';
import { guardOf } from './judge.ts';
import { ladderOf, RUNGS } from './ladder.ts';
import { giveUpInstance } from './rungs/replace.ts';
import { type Decision, onceSettled, paced } from './rungs/rung.ts';
import { choose, giveUpData } from './rungs/swap.ts';
import { type Permitted, phaseOf } from './state.ts';

export interface LadderPlan {
  readonly rungs: readonly Rung[];
  /** The data that may be restored, by name; null where there are none. */
  readonly source: string | null;
  /** What an approval covers. */
  readonly terms: Terms;
  readonly sentence: string;
  readonly words: PlanWords;
  readonly evidence: {
    readonly rungs: readonly Rung[];
    /** The guards' verdict on each rung. */
    readonly guardrails: readonly { readonly rule: Rung; readonly verdict: string }[];
    readonly source: string | null;
    /** What the restored volumes cost a month while the earlier volumes are kept as well. */
    readonly costUsdPerMonth: number;
    /** At most, without the catching up. */
    readonly minutes: number;
  };
}

const MINUTES: Readonly<Record<Rung, number>> = { restart: 5, 'stop-start': 10, swap: 15, replace: 20 };
const MIB_PER_GIB = 1024;

/** The state that a heal would begin with, if it would begin; it decides what is read about sources. */
export const stateOf = (facts: Facts): LadderState | null => stateBegun(beginUnasked(facts));

/** For a plan nothing is sent to the node: EC2's description of its volumes must be enough. */
const beginUnasked = (facts: Facts): Decision =>
  begin({ ...facts, original: facts.original && { ...facts.original, agentOnline: false } });

/** @returns a refusal where nothing would be done; `well` where nothing is wrong */
export function planOf(facts: Facts): LadderPlan | { readonly refusal: Refusal } | { readonly well: string } {
  const began = facts.seen ? begin(facts) : beginUnasked(facts);
  if (began.do === 'end')
    return began.end.as === 'refused' ? { refusal: began.end.refusal } : { well: began.end.reason };
  return plannedFrom(facts, stateBegun(began));
}

function plannedFrom(facts: Facts, state: LadderState | null): LadderPlan | { readonly refusal: Refusal } {
  const rungs = ladderOf(facts, state ?? NOTHING_TRIED);
  const verdicts = rungs.map((rung) => [rung, guardOf(facts, rung) ?? neverRefusal(facts, rung)] as const);
  const [first] = verdicts;
  if (!first) {
    const refusal = {
      refuse: 'restart-forbidden',
      reason: NO_RUNG,
      page: true,
      retryAfterMs: 60 * 60_000,
    } as const;
    return { refusal };
  }
  if (first[1]) return { refusal: first[1] };
  const guardrails = verdicts.map(([rule, refusal]) => ({ rule, verdict: refusal?.reason ?? 'may be done' }));
  const allowed = verdicts.flatMap(([rung, refusal]) => (refusal ? [] : [rung]));
  // Refusals that no person decides about, and that nobody would see before the milder rungs have failed.
  const never = rungs.flatMap((rung) => {
    const why = RUNGS[rung].cannotBegin(facts, null);
    return why === null ? [] : [`; no ${rung}: ${why}`];
  });
  const chosen = state && facts.sources ? choose(facts, state, state.found.availabilityZone) : null;
  const source = chosen === null ? null : 'failed' in chosen ? chosen.failed : chosen.reason;
  const found = state?.found.volumes ?? [];
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
  const copied = chosen === null || 'failed' in chosen ? null : sourceOf(chosen.volumes);
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

/** What is not available is reported before anything is done for it. */
function neverRefusal(facts: Facts, rung: Rung): Refusal | null {
  const reason = RUNGS[rung].cannotBegin(facts, null);
  if (reason === null) return null;
  const refuse = facts.launch?.is === 'refused' ? 'aws-refused' : 'restart-forbidden';
  return { refuse, reason, page: true, retryAfterMs: 60 * 60_000 };
}

const NOTHING_TRIED = { failed: [] };

/** Identifies data for ever: a set with each of its snapshots, the volumes of a sibling, or those that an incident has kept. */
export function sourceOf({
  from,
  source,
  ofNode,
  volumes,
}: Pick<RestoredVolumes, 'from' | 'source' | 'ofNode' | 'volumes'>): string {
  switch (from) {
    case 'snapshot':
      return `${source} of ${ofNode}: ${volumes.map(({ role, snapshotId }) => `${snapshotId} (${role})`).join(', ')}`;
    case 'sibling':
      return `the volumes of ${ofNode} (${source})`;
    case 'kept':
      return `the volumes that incident ${source} has kept: ${volumes.map(({ volumeId }) => volumeId).join(', ')}`;
  }
}

export interface Covered {
  readonly want: RequestedAction;
  readonly rungs: readonly Rung[];
  readonly found: readonly FoundVolume[];
  /** `sourceOf` the volumes that would be restored; null where there are none. */
  readonly source: string | null;
  readonly addedUsdAMonth: number;
}

/** Without the estimate of time and the reason: both change with each reading. */
const termsOf = ({ want, rungs, found, source, addedUsdAMonth }: Covered): Terms => [
  ['act', wantText(want)],
  ['rungs', rungs.join(', then ')],
  [
    'volumes',
    found.map(({ volumeId, role, sizeGiB }) => `${volumeId} (${role}, ${sizeGiB} GiB)`).join(', ') || 'unknown',
  ],
  ['source', source ?? 'none'],
  ['cost', `+$${addedUsdAMonth.toFixed(2)} a month while the old volumes are kept`],
];

function wantText(want: RequestedAction): string {
  switch (want.do) {
    case 'heal':
      return 'heal the node';
    case 'restore': {
      const validator = want.acknowledgesValidator ? ', a validator as a person has acknowledged' : '';
      return `restore from ${want.snapshotId ?? 'the best snapshot'}${validator}`;
    }
    case 'replace-instance':
      return 'put the node on another instance';
    case 'undo':
      return 'put back what was kept';
  }
}

/**
 * What was left open is finished without a question, and nothing beyond it. A rung in which the client may be down continues to its proof or back;
 * what was only made is put away. undefined where nothing is to be settled before anybody is asked.
 */
export function settlesWith(
  node: NodeRecord | undefined,
  { incidentId, mode }: Pick<ReplacePayload, 'incidentId' | 'mode'>,
): Permitted | undefined {
  if (node === undefined || !unsettled(node) || !maySettle(node, 'replace')) return undefined;
  const { operation } = node;
  // A person who only asks for a plan gets one. What another incident has left is settled by that incident.
  if (mode === 'plan' && operation?.incidentId !== incidentId) return undefined;
  if (mode === 'act' || operation?.kind !== 'replace') return null;
  const { memory, phase } = operation;
  const rungs = phase === 'preparing' || memory.rung === null ? [] : [memory.rung];
  return { rungs, source: memory.restoredVolumes && sourceOf(memory.restoredVolumes) };
}

const RETRY_AFTER_MS = 60_000;

/** The act where it is permitted; otherwise what puts away what was made for it, or the end of the attempt. */
export function permit(decision: Decision, facts: Facts, state: LadderState | null, permitted: Permitted): Decision {
  if (permitted === null || state === null || decision.do === 'end') return decision;
  const { rungs, source } = permitted;
  const approved = rungs.join(', ') || 'no rungs';
  const { needsApproval } = partsOf(decision);
  const asks = typeof needsApproval === 'function' ? needsApproval(decision) : null;
  if (asks && 'rung' in asks)
    return rungs.includes(asks.rung)
      ? decision
      : exceeded(facts, state, `approved were ${approved}; now ${asks.rung} would be next: ${asks.reason}`);
  const { rung, restoredVolumes, replacement } = state;
  if (asks && sourceOf(asks.volumes) !== source) {
    const reason = `approved was ${source ?? 'no copy of any data'}; now it would be ${sourceOf(asks.volumes)}`;
    return replacement?.givenUp === null ? giveUpInstance(reason) : exceeded(facts, state, reason);
  }
  const isFree = rung === null || rungs.includes(rung) || phaseOf(state) !== 'preparing';
  if (isFree || needsApproval === false) return decision;
  const reason = `nobody has approved to go on with it (${rungs.join(', ') || 'no rung is approved'})`;
  if (replacement) return replacement.givenUp === null ? giveUpInstance(reason) : decision;
  if (restoredVolumes) return restoredVolumes.givenUp === null ? giveUpData(reason) : decision;
  return exceeded(facts, state, `approved were ${approved}; now ${rung} would go on`);
}

export const exceededBy = (reason: string): Refusal => ({
  refuse: 'approval-exceeded',
  reason,
  page: false,
  retryAfterMs: RETRY_AFTER_MS,
});

function exceeded(facts: Facts, state: LadderState, reason: string): Decision {
  return paced(onceSettled(facts, state, { as: 'refused', refusal: exceededBy(reason) }), state, facts.nowMs);
}

/** Whether an inherited state needs the fleet's turn: it was given back if only resources were made. */
export const needsTurn = ({ rung, proved }: LadderState): boolean =>
  proved === null && (rung === 'swap' || rung === 'replace');

/** Whether the state may wait for the turn: not if the client is kept down, and not if resources are only put away. */
export const mayWait = (state: LadderState): boolean =>
  phaseOf(state) === 'preparing' && state.restoredVolumes?.givenUp == null && state.replacement?.givenUp == null;
