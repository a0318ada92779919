// What the rungs have in common that run an executable of the node's owner on its data: when something says that the data are the trouble, and that it is
// done once. Pure.

import type { OwnRung } from '../../../shared/guardrails/replace.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { endOf, namesItsData } from '../../../shared/node-commands/client-end.ts';
import { isOwnDone } from '../acts/node-commands.ts';
import { type Facts, isDead, type OwnHistory } from '../facts.ts';
import { guardOf } from '../judge.ts';
import { clientUnknown, leftToPerson } from '../person.ts';
import { hasHeardOfData } from '../state.ts';
import {
  askNode,
  awaitReading,
  awaitSight,
  type Decision,
  isSpent,
  onceSettled,
  proving,
  refuse,
  rungFailed,
  sentenceOfSetback,
  startClient,
  unproved,
} from './rung.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** As near to where it had stopped as a client that stands at the same block. */
const SAME_BLOCKS = 3;

/** What has become of a node's data: "were taken back", "were built again". */
type Became = 'taken back' | 'built again';

/** Why it is not begun, as far as what was done before, and what is wrong, tell; null where nothing speaks against it. */
export function notOwnOf(
  { nowMs, seen, watched }: Pick<Facts, 'nowMs' | 'seen' | 'watched'>,
  state: LadderState | null,
  { rung, became, history }: { readonly rung: OwnRung; readonly became: Became; readonly history: OwnHistory | null },
): string | null {
  const { lastAtMs = null } = history ?? {};
  if (lastAtMs !== null && nowMs - lastAtMs < DAY_MS)
    return `its data were ${became} ${Math.floor((nowMs - lastAtMs) / HOUR_MS)} h ago, and once a day is all`;
  if (state === null) return null;
  if (isOwnDone(state, rung)) return 'it was done in this heal already';
  return isOfItsData({ seen, watched }, state) ? null : 'nothing says that a block of its own is the trouble';
}

/** It stands where it had stopped, after whatever was tried before; or it has ended, and named its data. */
function isOfItsData({ seen, watched }: Pick<Facts, 'seen' | 'watched'>, state: LadderState): boolean {
  const { found } = state;
  const ended = seen?.clients.find(({ state }) => state === 'failed');
  if (ended) return namesItsData(endOf(ended));
  if (hasHeardOfData(state)) return true;
  if (watched?.health !== 'stuck' || watched.height === null || found.height === null) return false;
  return Math.abs(watched.height - found.height) < SAME_BLOCKS;
}

/** The next act of such a rung. `begin`: what is sent to the node, once all has been judged again. */
export function ownNext(facts: Facts, state: LadderState, rung: OwnRung, begin: () => Decision): Decision {
  const isDone = isOwnDone(state, rung);
  if (state.upSinceMs !== null) return proving(facts, state, state.upSinceMs, 'original', unproved);
  if (!facts.original?.agentOnline)
    return isDone && !isDead(facts) ? silent(rung) : rungFailed('the node does not answer commands');
  return isDone ? cutOff(facts, state, rung) : begun(facts, state, rung, begin);
}

const silent = (rung: OwnRung): Decision =>
  refuse('node-silent', `what became of its ${rung} nobody knows, and it does not answer`, { page: true });

/** Everything is judged again right before the node feels it. */
function begun(facts: Facts, state: LadderState, rung: OwnRung, begin: () => Decision): Decision {
  const refusal =
    guardOf(facts, rung) ?? leftToPerson(facts, { stops: state.client === 'untouched' }) ?? clientUnknown(facts);
  const blind = refusal?.refuse === 'breaker-open' ? awaitSight(facts, state) : null;
  if (blind) return blind;
  if (refusal) return onceSettled(facts, state, { as: 'refused', refusal });
  return awaitReading(facts, state) ?? begin();
}

/** Whether it was done nobody knows: it is not done again, and its client does not stay down. */
function cutOff(facts: Facts, state: LadderState, rung: OwnRung): Decision {
  const { seen } = facts;
  if (seen === null) return askNode('original');
  const left = clientUnknown(facts);
  if (left) return onceSettled(facts, state, { as: 'refused', refusal: left });
  if (seen.clients.every(({ state: is }) => is === 'running')) return askNode('original');
  const act = startClient(`what became of its ${rung} nobody knows, and it is down`);
  return isSpent(state, act) ? rungFailed(sentenceOfSetback(state)) : act;
}
