// Holds of incidents on snapshots: renewed while their incident lasts, since a lock ends after a day; released where nobody did it, since
// what is held is never removed.
import type { IncidentRecord } from '../../shared/heal/records.ts';
import { holdSnapshots, releaseHolds, sentenceOfUnmarked } from '../../shared/snapshots/marks.ts';
import type { SnapshotFact } from '../../shared/snapshots/model.ts';
import { readSnapshots } from '../../shared/snapshots/read.ts';
import { guardAgain, type Work } from './work.ts';

export interface Holds {
  readonly renew: readonly { readonly incident: string; readonly snapshots: readonly SnapshotFact[] }[];
  readonly release: readonly string[];
}

/** Incidents of one run; the rest comes six hours later. */
const MAX_INCIDENTS = 20;

/** Pure. An escalated incident lasts: a person may want what was held for it. */
export function judgeHolds(
  snapshots: readonly SnapshotFact[],
  incidents: readonly Pick<IncidentRecord, 'incidentId' | 'state'>[],
): Holds {
  const lasting = new Set(incidents.filter(({ state }) => state !== 'healed').map(({ incidentId }) => incidentId));
  const held = new Map<string, SnapshotFact[]>();
  for (const snapshot of snapshots)
    for (const incident of snapshot.ledger.heldBy?.split(' ') ?? [])
      if (incident !== '') held.set(incident, [...(held.get(incident) ?? []), snapshot]);
  const all = [...held].slice(0, MAX_INCIDENTS);
  return {
    renew: all.flatMap(([incident, of]) => (lasting.has(incident) ? [{ incident, snapshots: of }] : [])),
    release: all.flatMap(([incident]) => (lasting.has(incident) ? [] : [incident])),
  };
}

export async function keepHolds(work: Work): Promise<void> {
  const { clients, store, fleet } = work;
  const [snapshots, { incidents }] = await Promise.all([
    readSnapshots(clients.ec2, fleet, [], 'all'),
    store.readFleet(fleet.name),
  ]);
  const { renew, release } = judgeHolds(snapshots, incidents);
  if (renew.length + release.length === 0 || (await guardAgain(work, false))) return;
  for (const { incident, snapshots: of } of renew) {
    const ids = of.map(({ snapshotId }) => snapshotId).join(' ');
    await work.write({
      kind: 'intent',
      act: `LockSnapshot ${ids}`,
      sentence: `${incident} lasts: what it holds stays`,
    });
    const unmarked = await holdSnapshots(clients.ec2, of, incident, Date.now());
    const sentence =
      unmarked.length === 0
        ? 'held for another day'
        : `${of.length - unmarked.length} of ${of.length} held for another day; ${sentenceOfUnmarked(unmarked)}`;
    await work.write({ kind: 'result', act: `LockSnapshot ${ids}`, sentence });
  }
  for (const incident of release) {
    await work.write({
      kind: 'intent',
      act: `DeleteTags ${incident}`,
      sentence: `${incident} is over: nothing is held for it`,
    });
    const { released, unmarked } = await releaseHolds(clients.ec2, incident);
    const left = unmarked.length === 0 ? '' : `, but not ${sentenceOfUnmarked(unmarked)}`;
    await work.write({
      kind: 'result',
      act: `DeleteTags ${incident}`,
      sentence: `${released.join(' ') || 'nothing'} released${left}`,
    });
  }
}
