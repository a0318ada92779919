// What a limited attempt may do: what was approved, and what an earlier attempt has left open. Every attempt begins with it, so it is not in lazy.ts.
// Pure.

import { isOwnCommand } from '../../shared/guardrails/replace.ts';
import { maySettle, unsettled } from '../../shared/heal/lease.ts';
import type { LadderState, RestoredVolumes } from '../../shared/heal/memory.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { owesData } from '../../shared/heal/ticket.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { ReplacePayload } from '../../shared/model/payload.ts';
import { partsOf } from './acts/table.ts';
import type { Facts } from './facts.ts';
import { withdrawInstance } from './rungs/replace.ts';
import { type Decision, onceSettled, paced } from './rungs/rung.ts';
import { withdrawData } from './rungs/swap.ts';
import { needsOtherData, type Permitted, type Phase, phaseOf } from './state.ts';

/** Identifies data for ever: a set with each of its snapshots, the volumes of a sibling, or those that an incident has kept. */
export function sourceOf({
  from,
  source,
  ofNode,
  volumes,
  shrink,
}: Pick<RestoredVolumes, 'from' | 'source' | 'ofNode' | 'volumes' | 'shrink'>): string {
  switch (from) {
    case 'snapshot':
      return `${source} of ${ofNode}: ${volumes.map(({ role, snapshotId }) => `${snapshotId} (${role})`).join(', ')}${shrink === undefined ? '' : `, copied onto ${shrink.toGiB} GiB`}`;
    case 'sibling':
      return `the volumes of ${ofNode} (${source})`;
    case 'kept':
      return `the volumes that incident ${source} has kept: ${volumes.map(({ volumeId }) => volumeId).join(', ')}`;
  }
}

/**
 * What was left open is finished without a question, and nothing beyond it: a rung in which the client may be down continues to its proof or back. What was
 * only made is held while a person is asked whether to go on with it; in mode plan, and for another incident, it is put away. undefined where nothing is to be
 * settled before anybody is asked.
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
  if (mode === 'ask' && operation.incidentId === incidentId && isOnlyMade(memory, phase)) return undefined;
  const rungs = phase === 'preparing' || memory.rung === null ? [] : [memory.rung];
  return { rungs, source: memory.restoredVolumes && sourceOf(memory.restoredVolumes) };
}

/** Volumes, or an instance whose client is masked: the node has not felt them, and nothing of them is put away yet. */
const isOnlyMade = ({ restoredVolumes, replacement }: LadderState, phase: Phase): boolean =>
  phase === 'preparing' && restoredVolumes?.givenUp == null && replacement?.givenUp == null;

const RETRY_AFTER_MS = 60_000;

/** The act where it is permitted; otherwise what puts away what was made for it, or the end of the attempt. */
export function permit(decision: Decision, facts: Facts, state: LadderState | null, permitted: Permitted): Decision {
  if (permitted === null || state === null || decision.do === 'end') return decision;
  // Whoever has approved an upgrade has approved its way back.
  if (owesData(state)) return decision;
  const { rungs, source, refusal } = permitted;
  const exceeds = (reason: string): Decision =>
    paced(onceSettled(facts, state, { as: 'refused', refusal: refusal ?? exceededBy(reason) }), state, facts.nowMs);
  const approved = rungs.join(', ') || 'no rungs';
  const { needsApproval } = partsOf(decision);
  const asks = typeof needsApproval === 'function' ? needsApproval(decision) : null;
  if (asks && 'rung' in asks) {
    if (!rungs.includes(asks.rung))
      return exceeds(`approved were ${approved}; now ${asks.rung} would be next: ${asks.reason}`);
    // Nothing is launched for data to which nobody has said yes.
    return source === null && needsOtherData(state)
      ? exceeds(`approved was no copy of any data; now ${asks.rung} would need one: ${asks.reason}`)
      : decision;
  }
  const { rung, restoredVolumes, replacement } = state;
  if (asks && sourceOf(asks.volumes) !== source) {
    const reason = `approved was ${source ?? 'no copy of any data'}; now it would be ${sourceOf(asks.volumes)}`;
    return replacement?.givenUp === null ? withdrawInstance(reason) : exceeds(reason);
  }
  const isFree = rung === null || rungs.includes(rung) || phaseOf(state) !== 'preparing';
  if (isFree || needsApproval === false) return decision;
  const reason =
    refusal?.reason ?? `nobody has approved to go on with it (${rungs.join(', ') || 'no rung is approved'})`;
  if (replacement) return replacement.givenUp === null ? withdrawInstance(reason) : decision;
  if (restoredVolumes) return restoredVolumes.givenUp === null ? withdrawData(reason) : decision;
  return exceeds(`approved were ${approved}; now ${rung} would go on`);
}

export const exceededBy = (reason: string): Refusal => ({
  refuse: 'approval-exceeded',
  reason,
  page: false,
  retryAfterMs: RETRY_AFTER_MS,
});

/** Whether an inherited state needs the fleet's turn: it was given back if only resources were made. */
export const needsTurn = ({ rung, proved, moves, upgrade }: LadderState): boolean =>
  proved === null &&
  (rung === 'swap' ||
    rung === 'replace' ||
    (rung !== null && isOwnCommand(rung)) ||
    (rung === 'upgrade' && upgrade?.atHeight === undefined) ||
    (upgrade?.mayHaveRun === true && upgrade.atHeight === undefined) ||
    (moves === true && rung === 'stop-start'));

/**
 * Whether the fleet's turn passes to the attempt that settles what is open. A node that waits for AWS, with nothing of it under way, keeps no other one
 * waiting.
 */
export const keepsTurn = (node: Pick<NodeRecord, 'operation'> | undefined): boolean =>
  node?.operation?.kind === 'replace' &&
  node.operation.phase !== 'preparing' &&
  (node.operation.memory.proved !== null || needsTurn(node.operation.memory));

/** Whether the state may wait for the turn: not if the client is kept down, and not if resources are only put away. */
export const mayWait = (state: LadderState): boolean =>
  phaseOf(state) === 'preparing' && state.restoredVolumes?.givenUp == null && state.replacement?.givenUp == null;
