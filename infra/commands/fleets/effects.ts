// What a change of a fleet file lets chainmend do that it may not do today, and what it takes away: a person says yes to that. Whatever is not known to
// narrow is asked for. Pure.
import { completeStored } from '../../../shared/fleet/fleet-defaults.ts';
import { parseStored } from '../../../shared/fleet/parse.ts';
import type { StoredDocument } from '../../../shared/fleet/schema.ts';
import { changesBetween, type Leaves, leavesOf } from './field-list.ts';

/** Who is told what, and what is only looked at. */
const QUIET = /^(pages|alarms|releases)\.|^(metrics|nodes\.expected)$/;
/** With less of it less is done, or less is paid. */
const LESS_NARROWS =
  /^(disk\.(maximumSizeGiB|maximumMonthlyIncreaseUsd|modificationsPerDay|horizonHours)|breaker\.\w+|replace\.(replacementsPer\w+|restartsPerDay|\w*Usd)|drills\.\w*Usd|ask\.expiresAfterHours)$/;
/** With more of it later, or less, is done. */
const MORE_NARROWS =
  /^(disk\.growAtPercent|health\.(behindBlocks|stuckSeconds|patienceSeconds|startGraceSeconds|confirmations)|snapshots\.clean\.(everyHours|poolFloor|keep)|replace\.keepDays)$/;
/** A yes of the owner. */
const PERMITS =
  /^(owner\.(acceptDrift|restartValidators)|peers\.(restart|rotate)|replace\.(terminated|warm)|snapshots\.clean\.alone)$/;
const MODES = ['plan', 'ask', 'act'];

/** One line for each change that a person is asked about: "disk.maximumMonthlyIncreaseUsd 100 → 100000". @param stored as JSON, whatever it is */
export function effectsOf(stored: string, document: StoredDocument): readonly string[] {
  const before = completeLeaves(stored);
  const after = leavesOf(completeStored(document));
  if (before === undefined) return ['the stored file cannot be read, so that all of this one counts as new'];
  return changesBetween(before, after)
    .filter(([field]) => !narrows(field, before.get(field), after.get(field)))
    .map(([field, change]) => `${field} ${change}`);
}

function completeLeaves(stored: string): Leaves | undefined {
  try {
    return leavesOf(completeStored(parseStored(stored)));
  } catch {
    return undefined;
  }
}

function narrows(field: string, before: string | undefined, after: string | undefined): boolean {
  if (QUIET.test(field)) return true;
  if (before === undefined || after === undefined) return false;
  if (field === 'mode') return MODES.indexOf(after) < MODES.indexOf(before);
  if (field === 'replace.rungs') return isPartOf(after, before);
  if (field === 'identity') return isPartOf(before, after);
  if (PERMITS.test(field)) return after === 'false';
  if (LESS_NARROWS.test(field)) return Number(after) < Number(before);
  return MORE_NARROWS.test(field) && Number(after) > Number(before);
}

const isPartOf = (some: string, all: string): boolean => {
  const lines = new Set(all.split('\n'));
  return some === 'none' || some.split('\n').every((line) => lines.has(line));
};
