// Holds of incidents on snapshots. They are renewed while their incident lasts, because a lock ends after a day. They are released where the heal did
// not do so, because a held snapshot is never removed. A hold is what a heal has recorded: a tag alone neither makes nor ends one.
import { hold, type KeptRecord, keptOf, readKept, release as releaseRecorded } from '../../shared/heal/kept.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import { readSnapshots } from '../../shared/snapshots/inventory.ts';
import { sentenceOfUnmarked } from '../../shared/snapshots/marks.ts';
import type { SnapshotFact } from '../../shared/snapshots/model.ts';
import { type PruneContext, readGuards } from './context.ts';

type HoldRecord = Extract<KeptRecord, { readonly kind: 'hold' }>;

export interface Holds {
  readonly renew: readonly { readonly hold: HoldRecord; readonly snapshots: readonly SnapshotFact[] }[];
  readonly release: readonly HoldRecord[];
}

/** Incidents of one run; the rest comes six hours later. */
const MAX_INCIDENTS = 20;

/** Pure. An escalated incident lasts: a person may want the snapshots that are held for it. */
export function judgeHolds(
  holds: Iterable<HoldRecord>,
  snapshots: readonly SnapshotFact[],
  incidents: readonly Pick<IncidentRecord, 'incidentId' | 'state'>[],
): Holds {
  const lasting = new Set(incidents.filter(({ state }) => state !== 'healed').map(({ incidentId }) => incidentId));
  const all = [...holds].sort((a, b) => a.atMs - b.atMs).slice(0, MAX_INCIDENTS);
  return {
    renew: all
      .filter(({ incidentId }) => lasting.has(incidentId))
      .map((one) => ({
        hold: one,
        snapshots: snapshots.filter(({ snapshotId }) => one.snapshotIds.includes(snapshotId)),
      })),
    release: all.filter(({ incidentId }) => !lasting.has(incidentId)),
  };
}

/** @param renewed incidents whose hold this invocation has renewed: a fleet that is tried again goes on with the others */
export async function reconcileHolds(context: PruneContext, renewed: Set<string>): Promise<void> {
  const { clients, store, fleet } = context;
  const shelf = { ec2: clients.ec2, store };
  const holds = keptOf(await readKept(store, fleet.name), 'hold');
  if (holds.size === 0) return;
  const [snapshots, { incidents }] = await Promise.all([
    readSnapshots(clients.ec2, fleet, [], 'all'),
    store.readFleet(fleet.name),
  ]);
  const { renew, release } = judgeHolds(holds.values(), snapshots, incidents);
  if (await readGuards(context, false)) return;
  for (const { hold: recorded, snapshots: of } of renew) {
    const { incidentId, node } = recorded;
    if (of.length === 0 || renewed.has(incidentId)) continue;
    const ids = of.map(({ snapshotId }) => snapshotId).join(' ');
    await context.write({
      kind: 'intent',
      act: `LockSnapshot ${ids}`,
      sentence: `${incidentId} lasts: what it holds stays`,
    });
    const unmarked = await hold(shelf, { fleet: fleet.name, node, incidentId }, of, Date.now());
    const sentence =
      unmarked.length === 0
        ? 'held for another day'
        : `${of.length - unmarked.length} of ${of.length} held for another day; ${sentenceOfUnmarked(unmarked)}`;
    await context.write({ kind: 'result', act: `LockSnapshot ${ids}`, sentence });
    renewed.add(incidentId);
  }
  for (const { incidentId } of release) {
    await context.write({
      kind: 'intent',
      act: `DeleteTags ${incidentId}`,
      sentence: `${incidentId} is over: nothing is held for it`,
    });
    const { released, unmarked } = await releaseRecorded(shelf, { fleet: fleet.name, incidentId }, Date.now());
    const left = unmarked.length === 0 ? '' : `, but not ${sentenceOfUnmarked(unmarked)}`;
    await context.write({
      kind: 'result',
      act: `DeleteTags ${incidentId}`,
      sentence: `${released.join(' ') || 'nothing'} released${left}`,
    });
  }
}
