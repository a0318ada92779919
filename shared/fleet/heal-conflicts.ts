// Fields of a fleet file that do not go together in how its nodes are restarted, replaced and snapshotted: the third part of `conflicts.ts`.
import { defaultsOf } from '../chains/defaults.ts';
import { RUNGS } from '../model/rungs.ts';
import type { Complaints } from './conflicts.ts';
import { everyHeal } from './resolve-heal.ts';
import type { FleetDocument } from './schema.ts';
import { sharingFault } from './sharing.ts';

export function healConflictsIn(document: FleetDocument, complaints: Complaints): void {
  rungs(document, complaints);
  budgets(document, complaints);
  donors(document, complaints);
  sharing(document, complaints);
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

/** Who takes a clean snapshot stops a client: neither a validator's, nor one that may be a validator's. */
function donors({ snapshots, role = 'unknown' }: FleetDocument, { conflict }: Complaints): void {
  if (!snapshots?.clean || (role !== 'validator' && role !== 'unknown')) return;
  conflict(
    ['snapshots', 'clean'],
    snapshots.clean,
    `expected role: follower, sentry or bootnode, or the tag that tells it: a donor is stopped, and its role is ${role}`,
  );
}

function sharing(document: FleetDocument, { conflict }: Complaints): void {
  const shareWith = document.snapshots?.shareWith;
  if (!shareWith) return;
  const { volumes, identityPaths } = whatIsWhere(document);
  const fault = sharingFault({ volumes, identityPaths, identityFree: shareWith.identityFree ?? false });
  if (fault !== null) conflict(['snapshots', 'shareWith'], shareWith, `expected none: ${fault}`);
}

/** As `resolve.ts` fills it in, before it may. */
function whatIsWhere({ chain, volumes: written, identity }: FleetDocument) {
  const defaults = defaultsOf(chain);
  const volumes = written
    ? Object.entries(written).map(([role, volume]) => ({
        role,
        path: typeof volume === 'string' ? volume : volume.path,
      }))
    : defaults
      ? [{ role: 'data', path: defaults.dataPath }]
      : [];
  const data = volumes.find(({ role }) => role === 'data') ?? volumes[0];
  const usual = data ? (defaults?.identity ?? []).map((relative) => `${data.path}/${relative}`) : [];
  return { volumes, identityPaths: identity ?? usual };
}
