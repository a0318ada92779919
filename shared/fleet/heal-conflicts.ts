// Fields of a fleet file that do not go together in how its nodes are restarted, replaced and snapshotted: the third part of `conflicts.ts`.
import { RUNGS } from '../heal/memory.ts';
import type { Complaints } from './conflicts.ts';
import { everyHeal } from './resolve-heal.ts';
import type { FleetDocument } from './schema.ts';

export function healConflictsIn(document: FleetDocument, complaints: Complaints): void {
  rungs(document, complaints);
  budgets(document, complaints);
  donors(document, complaints);
}

/** The order is the ladder's: a list that says another would promise what is not done. */
function rungs({ replace }: FleetDocument, { conflict }: Complaints): void {
  const written = replace?.rungs;
  if (written === undefined) return;
  const expected = RUNGS.filter((rung) => written.includes(rung));
  if (expected.length !== written.length || expected.some((rung, index) => rung !== written[index]))
    conflict(['replace', 'rungs'], written, `expected each once and mildest first: [${expected.join(', ')}]`);
}

function budgets({ replace }: FleetDocument, { conflict }: Complaints): void {
  const { replacementsPerHour: hour, replacementsPerDay: day } = { ...everyHeal.replace, ...replace };
  if (hour > day) conflict(['replace', 'replacementsPerHour'], hour, `expected at most ${day}, those of a day`);
}

/** Who takes a clean snapshot stops a client: of validators and of nodes whose role nobody tells, only where their owner allows restarts. */
function donors({ snapshots, role = 'unknown', owner }: FleetDocument, { conflict }: Complaints): void {
  if (!snapshots?.clean || (role !== 'validator' && role !== 'unknown') || owner?.restartValidators) return;
  conflict(
    ['snapshots', 'clean'],
    snapshots.clean,
    `expected role: follower, sentry or bootnode, or owner: { restartValidators: true }: a donor is stopped, and its role is ${role}`,
  );
}
