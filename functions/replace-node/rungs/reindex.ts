// The rung that has a follower's client build its data again from the blocks on its disk, by its owner's own command, before other data are tried: only
// where drills have measured that this is quicker than a swap. Pure.

import { reindexTrialText } from '../../../shared/heal/drill.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { judgeReindex, patienceOf, type ReindexVerdict } from '../../../shared/heal/reindex.ts';
import { ownCommand } from '../../../shared/node-commands/node-command.ts';
import { rebuildData } from '../acts/node-commands.ts';
import type { Facts } from '../facts.ts';
import { notOwnOf, ownNext } from './own-command.ts';
import { type Decision, type Rung, rungFailed } from './rung.ts';

export const REINDEX: Rung = {
  class: 'restart',
  asksOriginalFirst: true,
  cannotBegin,
  next: (facts, state) => ownNext(facts, state, 'reindex', () => begun(facts)),
};

function cannotBegin(facts: Facts, state: LadderState | null): string | null {
  const { fleet, role, reindex: known } = facts;
  const { reindex: file } = fleet.replace;
  if (file === undefined) return 'the fleet file has no command for it (replace.reindex)';
  if (role !== 'follower') return `only a follower’s data are built again, and its role is ${role}`;
  const verdict = verdictOf(file, facts);
  if (verdict.is === 'not') return verdict.why;
  return notOwnOf(facts, state, { rung: 'reindex', became: 'built again', history: known });
}

type Known = Pick<Facts, 'fleet' | 'reindex' | 'nowMs'>;

const verdictOf = (
  file: NonNullable<Facts['fleet']['replace']['reindex']>,
  { fleet, reindex, nowMs }: Known,
): ReindexVerdict =>
  judgeReindex(
    { ...file, maxAgeHours: fleet.drills?.maxAgeHours ?? 0 },
    reindex ?? { trial: null, proved: null },
    nowMs,
  );

/** Why it is chosen, and what came of it on a copy: for whoever reads the plan. Empty where it is not chosen. */
export function measuredText(facts: Known): string {
  const { reindex: file } = facts.fleet.replace;
  const { trial = null } = facts.reindex ?? {};
  const verdict = file && verdictOf(file, facts);
  return verdict?.is === 'quicker' && trial !== null ? `${verdict.text} (${reindexTrialText(trial)})` : '';
}

/** The record of drills is read again: what was quicker when the rung was taken may have been forgotten since. */
function begun(facts: Facts): Decision {
  const { fleet, watched, nowMs } = facts;
  const { reindex: file } = fleet.replace;
  if (file === undefined) return rungFailed('the fleet file has no command for it any more');
  const verdict = verdictOf(file, facts);
  if (verdict.is === 'not') return rungFailed(verdict.why);
  return rebuildData({
    own: ownCommand(file.command, file.minutes),
    ...patienceOf({ measured: verdict.minutes, most: file.minutes }, nowMs),
    reason: watched?.reason ?? 'it does not follow its chain',
  });
}
