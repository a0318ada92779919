// The rung that takes a follower's data back by some blocks, by its owner's own command, before other data are tried: for a client that stands at a block
// which a restart does not pass, or that names its data as it ends. What was not tried on a copy is not done to a node, unless the file says so. Pure.

import { trialText, untriedReason } from '../../../shared/heal/drill.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { endOf, namesItsData } from '../../../shared/node-commands/client-end.ts';
import { undoBlocks } from '../acts/node-commands.ts';
import type { Facts } from '../facts.ts';
import { guardOf } from '../judge.ts';
import { clientUnknown, leftToPerson } from '../person.ts';
import {
  askNode,
  awaitReading,
  awaitSight,
  type Decision,
  isSpent,
  onceSettled,
  proving,
  type Rung,
  refuse,
  rungFailed,
  sentenceOfSetback,
  startClient,
} from './rung.ts';

export const ROLL_BACK: Rung = {
  name: 'roll-back',
  class: 'restart',
  asksOriginalFirst: true,
  cannotBegin,
  next: (facts, state) => {
    const { original } = facts;
    if (state.upSinceMs !== null)
      return proving(facts, state, state.upSinceMs, 'original', (reason) => rungFailed(reason));
    if (!original?.agentOnline)
      return state.rolledBack ? refuse(...SILENT) : rungFailed('the node does not answer commands');
    return state.rolledBack ? cutOff(facts, state) : begun(facts, state);
  },
};

const SILENT = [
  'node-silent',
  'what became of its roll-back nobody knows, and it does not answer',
  { page: true },
] as const;
const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** As near to where it had stopped as a client that stands at the same block. */
const SAME_BLOCKS = 3;

function cannotBegin(
  { fleet, role, rollBack: known, nowMs, seen, watched }: Facts,
  state: LadderState | null,
): string | null {
  const { rollBack: file } = fleet.replace;
  if (file === undefined) return 'the fleet file has no command for it (replace.rollBack)';
  if (role !== 'follower') return `only a follower’s data are taken back, and its role is ${role}`;
  const { trial = null, lastAtMs = null } = known ?? {};
  if (file.rehearse) {
    const untried = untriedReason({ ...file, maxAgeHours: fleet.drills?.maxAgeHours ?? 0 }, trial, nowMs);
    if (untried !== null) return untried;
  }
  if (lastAtMs !== null && nowMs - lastAtMs < DAY_MS)
    return `its data were taken back ${Math.floor((nowMs - lastAtMs) / HOUR_MS)} h ago, and once a day is all`;
  if (state === null) return null;
  if (state.rolledBack) return 'it was done in this heal already';
  return isOfItsData({ seen, watched }, state) ? null : 'nothing says that a block of its own is the trouble';
}

/** What would be run, and what came of that on a copy: for whoever reads the plan. */
export function rehearsedText({ fleet, rollBack }: Pick<Facts, 'fleet' | 'rollBack'>): string {
  const { command = '', rehearse } = fleet.replace.rollBack ?? {};
  const trial = rollBack?.trial ?? null;
  return rehearse && trial !== null ? trialText(trial) : `${command}, which was tried on no copy (rehearse: false)`;
}

/** It stands where it had stopped, after whatever was tried before; or it has ended, and named its data. */
function isOfItsData({ seen, watched }: Pick<Facts, 'seen' | 'watched'>, { found }: LadderState): boolean {
  const ended = seen?.clients.find(({ state }) => state === 'failed');
  if (ended) return namesItsData(endOf(ended));
  if (watched?.health !== 'stuck' || watched.height === null || found.height === null) return false;
  return Math.abs(watched.height - found.height) < SAME_BLOCKS;
}

/** Everything is judged again right before the node feels it. */
function begun(facts: Facts, state: LadderState): Decision {
  const { fleet, watched } = facts;
  const { rollBack: file } = fleet.replace;
  if (file === undefined) return rungFailed('the fleet file has no command for it any more');
  const refusal =
    guardOf(facts, 'roll-back') ?? leftToPerson(facts, { stops: state.client === 'untouched' }) ?? clientUnknown(facts);
  const blind = refusal?.refuse === 'breaker-open' ? awaitSight(facts, state) : null;
  if (blind) return blind;
  if (refusal) return onceSettled(facts, state, { as: 'refused', refusal });
  const unseen = awaitReading(facts, state);
  if (unseen) return unseen;
  return undoBlocks({
    own: { command: file.command, seconds: file.minutes * 60 },
    reason: watched?.reason ?? 'it does not follow its chain',
  });
}

/** Whether it was done nobody knows: it is not done again, and its client does not stay down. */
function cutOff(facts: Facts, state: LadderState): Decision {
  const { seen } = facts;
  if (seen === null) return askNode('original');
  const left = clientUnknown(facts);
  if (left) return onceSettled(facts, state, { as: 'refused', refusal: left });
  if (seen.clients.every(({ state: is }) => is === 'running')) return askNode('original');
  const act = startClient('what became of its roll-back nobody knows, and it is down');
  return isSpent(state, act) ? rungFailed(sentenceOfSetback(state)) : act;
}
