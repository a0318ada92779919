// What an approval of the ladder covers, and what an attempt may do that does not do everything: what was approved, and what an attempt before
// has left open. Pure.
import type { Terms } from '../../shared/heal/approval.ts';
import { maySettle, unsettled } from '../../shared/heal/lease.ts';
import type { FoundVolume, LadderState, RestoredVolumes } from '../../shared/heal/memory.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { ReplacePayload, RequestedAction } from '../../shared/model/payload.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { chooseVolumes, giveUpReplacement, giveUpVolumes, takeRung } from './acts/decisions.ts';
import { partsOf } from './acts/table.ts';
import type { Facts } from './facts.ts';
import { paced } from './rungs/patience.ts';
import type { Decision } from './rungs/rung.ts';
import { onceSettled } from './rungs/settle.ts';
import { phaseOf } from './state.ts';

/** Names data for good: a set with each of its snapshots, the volumes of a sibling, or those that an incident has kept. */
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
  /** `sourceOf` the volumes that would be restored; null where there is none. */
  readonly source: string | null;
  readonly addedUsdAMonth: number;
}

/** No estimate of time is among them, nor why: both change from look to look. */
export const termsOf = ({ want, rungs, found, source, addedUsdAMonth }: Covered): Terms => [
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

/** What an attempt may do; null: everything. */
export type Permitted = {
  /** Rungs that it may climb or go on with. */
  readonly rungs: readonly Rung[];
  /** The data that it may restore: `sourceOf` them; null: none. */
  readonly source: string | null;
} | null;

/**
 * What was left open is brought to an end without a question, and nothing beyond it: a rung from which the client may be down goes on to its
 * proof or back, and what was only made is put away. Undefined where nothing is to be settled before anybody is asked.
 */
export function settlesWith(
  node: NodeRecord | undefined,
  { incidentId, mode }: Pick<ReplacePayload, 'incidentId' | 'mode'>,
): Permitted | undefined {
  if (node === undefined || !unsettled(node) || !maySettle(node, 'replace')) return undefined;
  const { operation } = node;
  // A person who only asks for a plan gets one; what another incident has left is that one's.
  if (mode === 'plan' && operation?.incidentId !== incidentId) return undefined;
  if (mode === 'act' || operation?.kind !== 'replace') return null;
  const { memory, phase } = operation;
  const rungs = phase === 'preparing' || memory.rung === null ? [] : [memory.rung];
  return { rungs, source: memory.restoredVolumes && sourceOf(memory.restoredVolumes) };
}

const RETRY_AFTER_MS = 60_000;

/** The act where it is permitted; else what puts away what was made for it, or the end of the attempt. */
export function permit(decision: Decision, facts: Facts, state: LadderState | null, permitted: Permitted): Decision {
  if (permitted === null || state === null || decision.do === 'end') return decision;
  const { rungs, source } = permitted;
  const approved = rungs.join(', ') || 'no rungs';
  if (takeRung.is(decision))
    return rungs.includes(decision.rung)
      ? decision
      : exceeded(facts, state, `approved were ${approved}; now ${decision.rung} would be next: ${decision.reason}`);
  const { rung, restoredVolumes, replacement } = state;
  if (chooseVolumes.is(decision) && sourceOf(decision.volumes) !== source) {
    const reason = `approved was ${source ?? 'no copy of any data'}; now it would be ${sourceOf(decision.volumes)}`;
    return replacement?.givenUp === null ? giveUpReplacement({ reason }) : exceeded(facts, state, reason);
  }
  const isFree = rung === null || rungs.includes(rung) || phaseOf(state) !== 'preparing';
  if (isFree || !partsOf(decision).needsApproval) return decision;
  const reason = `nobody has approved to go on with it (${rungs.join(', ') || 'no rung is approved'})`;
  if (replacement) return replacement.givenUp === null ? giveUpReplacement({ reason }) : decision;
  if (restoredVolumes)
    return restoredVolumes.givenUp === null ? giveUpVolumes({ blame: { fault: 'other', reason } }) : decision;
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

/** Whether the fleet's turn is needed for what is inherited: it was given back while nothing but things was made. */
export const needsTurn = ({ rung, proved }: LadderState): boolean =>
  proved === null && (rung === 'swap' || rung === 'replace');

/** Whether it may wait for the turn: not what keeps a client down, nor what is only put away. */
export const mayWait = (state: LadderState): boolean =>
  phaseOf(state) === 'preparing' && state.restoredVolumes?.givenUp == null && state.replacement?.givenUp == null;
