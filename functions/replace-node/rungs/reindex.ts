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
  name: 'reindex',
  class: 'restart',
  asksOriginalFirst: true,
  cannotBegin,
  next: (facts, state) => ownNext(facts, state, 'reindex', () => begun(facts)),
};

function cannotBegin(facts: Facts, state: LadderState | null): string | null {
  const { role, reindex: known } = facts;
  const verdict = verdictOf(facts);
  if (verdict === null) return 'the fleet file has no command for it (replace.reindex)';
  if (role !== 'follower') return `only a follower’s data are built again, and its role is ${role}`;
  if (verdict.is === 'not') return verdict.why;
  return notOwnOf(facts, state, { rung: 'reindex', became: 'built again', history: known });
}

/** null: the fleet file has no command for it. */
function verdictOf({ fleet, reindex, nowMs }: Pick<Facts, 'fleet' | 'reindex' | 'nowMs'>): ReindexVerdict | null {
  const { reindex: file } = fleet.replace;
  if (file === undefined) return null;
  return judgeReindex(
    { ...file, maxAgeHours: fleet.drills?.maxAgeHours ?? 0 },
    reindex ?? { trial: null, proved: null },
    nowMs,
  );
}

/** What came of it on a copy, and why it is chosen: for whoever reads the plan. */
export function measuredText(facts: Pick<Facts, 'fleet' | 'reindex' | 'nowMs'>): string {
  const verdict = verdictOf(facts);
  const { trial = null } = facts.reindex ?? {};
  if (verdict === null || trial === null) return '';
  return `${verdict.is === 'not' ? verdict.why : verdict.text} (${reindexTrialText(trial)})`;
}

/** The record of drills is read again: what was quicker when the rung was taken may have been forgotten since. */
function begun(facts: Facts): Decision {
  const { fleet, watched, nowMs } = facts;
  const { reindex: file } = fleet.replace;
  const verdict = verdictOf(facts);
  if (file === undefined || verdict === null) return rungFailed('the fleet file has no command for it any more');
  if (verdict.is === 'not') return rungFailed(verdict.why);
  return rebuildData({
    own: ownCommand(file.command, file.minutes),
    ...patienceOf({ measured: verdict.minutes, most: file.minutes }, nowMs),
    reason: watched?.reason ?? 'it does not follow its chain',
  });
}
