// The rung that takes a follower's data back by some blocks, by its owner's own command, before other data are tried: for a client that stands at a block
// which a restart does not pass, or that names its data as it ends. What was not tried on a copy is not done to a node, unless the file says so. Pure.

import { trialText, untriedReason } from '../../../shared/heal/drill.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { ownCommand } from '../../../shared/node-commands/node-command.ts';
import { undoBlocks } from '../acts/node-commands.ts';
import type { Facts } from '../facts.ts';
import { notOwnOf, ownNext } from './own-command.ts';
import { type Decision, type Rung, rungFailed } from './rung.ts';

export const ROLL_BACK: Rung = {
  class: 'restart',
  asksOriginalFirst: true,
  cannotBegin,
  next: (facts, state) => ownNext(facts, state, 'roll-back', () => begun(facts)),
};

function cannotBegin(facts: Facts, state: LadderState | null): string | null {
  const { fleet, role, rollBack: known, nowMs } = facts;
  const { rollBack: file } = fleet.replace;
  if (file === undefined) return 'the fleet file has no command for it (replace.rollBack)';
  if (role !== 'follower') return `only a follower’s data are taken back, and its role is ${role}`;
  if (file.rehearse) {
    const limits = { ...file, maxAgeHours: fleet.drills?.maxAgeHours ?? 0 };
    const untried = untriedReason(limits, known?.trial ?? null, nowMs);
    if (untried !== null) return untried;
  }
  return notOwnOf(facts, state, { rung: 'roll-back', became: 'taken back', history: known });
}

/** What would be run, and what came of that on a copy: for whoever reads the plan. */
export function rehearsedText({ fleet, rollBack }: Pick<Facts, 'fleet' | 'rollBack'>): string {
  const { command = '', rehearse } = fleet.replace.rollBack ?? {};
  const trial = rollBack?.trial ?? null;
  return rehearse && trial !== null ? trialText(trial) : `${command}, which was tried on no copy (rehearse: false)`;
}

function begun({ fleet, watched }: Facts): Decision {
  const { rollBack: file } = fleet.replace;
  if (file === undefined) return rungFailed('the fleet file has no command for it any more');
  return undoBlocks({
    own: ownCommand(file.command, file.minutes),
    reason: watched?.reason ?? 'it does not follow its chain',
  });
}
