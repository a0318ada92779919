// The snapshots of the fleets at the end of a run: their use, by their ledgers; their heights by the ledger, or else by their content.
import { hasTags } from '../../../shared/model/tags.ts';
import { readLedger } from '../../../shared/snapshots/ledger.ts';
import type { Rank } from '../../../shared/snapshots/model.ts';
import type { Snapshot } from '../../services/ec2/model.ts';
import type { World } from '../world/world.ts';

export interface SnapshotState {
  readonly snapshotId: string;
  readonly fleet: string;
  readonly height: number | null;
  readonly rank: Rank;
  readonly held: boolean;
  readonly quarantined: boolean;
}

/** Of data volumes of a fleet, known by their tags or by their volume; oldest first. */
export function snapshotsIn(world: World): SnapshotState[] {
  return world.region.ec2
    .snapshots()
    .toSorted((a, b) => a.startedAtMs - b.startedAtMs || (a.snapshotId < b.snapshotId ? -1 : 1))
    .flatMap((snapshot) => stateOf(world, snapshot));
}

function stateOf({ region, nodes, fleets }: World, { snapshotId, volumeId, content }: Snapshot): SnapshotState[] {
  const tags = region.ec2.tags(snapshotId);
  const ledger = readLedger(tags);
  const owner = nodes.find(({ volumeIds }) => [...volumeIds.values()].includes(volumeId));
  const tagged = [...fleets.values()].find(({ volumes }) => volumes.some((volume) => hasTags(tags, volume.tags)));
  const fleet = ledger.fleet ?? owner?.fleet.name ?? tagged?.name;
  if (fleet === undefined) return [];
  const byPolicy = tags['aws:dlm:lifecycle-policy-id'] !== undefined;
  const clean: Rank = ledger.cleanStop && !byPolicy ? 'clean' : 'crash-consistent';
  return [
    {
      snapshotId,
      fleet,
      height: ledger.height ?? content?.data?.height ?? null,
      rank: ledger.verifiedAtMs === null ? clean : 'verified',
      held: ledger.heldBy !== null,
      quarantined: ledger.quarantined !== null,
    },
  ];
}
