// What an attempt may go on with that it finds begun, where not everything is allowed it: modes ask and plan. Pure.

import { maySettle, unsettled } from '../../shared/heal/lease.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { ReplacePayload } from '../../shared/model/payload.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { sourceOf } from './approval.ts';
import { phaseOf } from './intending.ts';
import type { Act, Facts } from './model.ts';
import { onceSettled } from './owed.ts';
import { paced } from './setbacks.ts';

/** What an attempt may do; null: everything. */
export type Permitted = {
  /** Rungs that it may climb or go on with. */
  readonly rungs: readonly Rung[];
  /** The data that it may copy: `sourceOf` them; null: none. */
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
  return { rungs, source: memory.copy && sourceOf(memory.copy) };
}

const LOOK_AGAIN_MS = 60_000;
/** Changes nothing on the node, or tells how it ends. */
const HARMLESS: readonly Act['do'][] = ['inspect', 'prove', 'fail-rung', 'clear', 'end'];

/** The act where it is permitted; else what puts away what was made for it, or the end of the attempt. */
export function permit(act: Act, facts: Facts, memory: ReplaceMemory | null, permitted: Permitted): Act {
  if (permitted === null || memory === null) return act;
  const { rungs, source } = permitted;
  if (act.do === 'take-rung')
    return rungs.includes(act.rung)
      ? act
      : exceeded(facts, memory, `approved were ${wordsOf(rungs)}; now ${act.rung} would be next: ${act.reason}`);
  const { rung, copy, machine } = memory;
  if (act.do === 'choose' && sourceOf(act.copy) !== source) {
    const reason = `approved was ${source ?? 'no copy of any data'}; now it would be ${sourceOf(act.copy)}`;
    return machine?.givenUp === null ? { do: 'give-up-machine', reason } : exceeded(facts, memory, reason);
  }
  if (rung === null || rungs.includes(rung) || phaseOf(memory) !== 'preparing' || HARMLESS.includes(act.do)) return act;
  const reason = `nobody has approved to go on with it (${rungs.join(', ') || 'no rung is approved'})`;
  if (machine) return machine.givenUp === null ? { do: 'give-up-machine', reason } : act;
  if (copy) return copy.givenUp === null ? { do: 'give-up-copy', blame: { fault: 'other', reason } } : act;
  return exceeded(facts, memory, `approved were ${wordsOf(rungs)}; now ${rung} would go on`);
}

const wordsOf = (rungs: readonly Rung[]): string => rungs.join(', ') || 'no rungs';

export const exceededBy = (reason: string): Refusal => ({
  refuse: 'approval-exceeded',
  reason,
  page: false,
  lookAgainMs: LOOK_AGAIN_MS,
});

function exceeded(facts: Facts, memory: ReplaceMemory, reason: string): Act {
  return paced(onceSettled(facts, memory, { as: 'refused', refusal: exceededBy(reason) }), memory, facts.nowMs);
}

/** Whether the fleet's turn is needed for what is inherited: it was given back while nothing but things was made. */
export const needsTurn = ({ rung, proved }: ReplaceMemory): boolean =>
  proved === null && (rung === 'swap' || rung === 'replace');

/** Whether it may wait for the turn: not what keeps a client down, nor what is only put away. */
export const mayWait = (memory: ReplaceMemory): boolean =>
  phaseOf(memory) === 'preparing' && memory.copy?.givenUp == null && memory.machine?.givenUp == null;
