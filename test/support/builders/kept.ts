// Records of what heals have put away, as they are where everything is still as it was: tests change what they are about.
import type { KeptVolume, PruneFacts, RetiredInstance } from '../../../functions/prune-retired/retired-resources.ts';
import type { KeptRecord } from '../../../shared/heal/kept.ts';
import { INCIDENT_TAG } from '../../../shared/model/tags.ts';
import type { SnapshotSet } from '../../../shared/snapshots/model.ts';

type Of<K extends KeptRecord['kind']> = Extract<KeptRecord, { readonly kind: K }>;

const about = (node: string | null, tags: Readonly<Record<string, string>>, fleet: string) => ({
  ...{ fleet, node: node ?? '', incidentId: tags[INCIDENT_TAG] ?? 'none', atMs: 0, version: 1 },
  state: 'kept' as const,
});

export const volumeRecord = (volume: KeptVolume, fleet = 'bitcoin'): Of<'volume'> => {
  const { volumeId, node, tags, keepUntilMs, sizeGiB, type, createdAtMs, snapshotId, availabilityZone } = volume;
  const was = { role: 'data', sizeGiB, type, createdAtMs, snapshotId, availabilityZone };
  return { ...about(node, tags, fleet), kind: 'volume', id: volumeId, untilMs: keepUntilMs ?? 0, was };
};

export const instanceRecord = (instance: RetiredInstance, fleet = 'bitcoin'): Of<'instance'> => {
  const { instanceId, node, tags, keepUntilMs, launchedAtMs, rootDevice, volumes } = instance;
  const rootVolumeId = volumes.find(({ device }) => device === rootDevice)?.volumeId ?? null;
  const was = { launchedAtMs, rootVolumeId, volumeIds: volumes.map(({ volumeId }) => volumeId) };
  return { ...about(node, tags, fleet), kind: 'instance', id: instanceId, untilMs: keepUntilMs ?? 0, was };
};

/** Of the set, and of each part that is in quarantine. */
export function setRecords(set: SnapshotSet, fleet = 'bitcoin'): readonly KeptRecord[] {
  const parts = Object.values(set.parts);
  const tags = parts[0]?.tags ?? {};
  const whose = about(set.node, tags, fleet);
  return [
    { ...whose, kind: 'set', id: set.setId, snapshotIds: parts.map(({ snapshotId }) => snapshotId) },
    ...parts.flatMap(({ snapshotId, ledger }): readonly KeptRecord[] =>
      ledger.quarantined === null ? [] : [{ ...whose, kind: 'quarantine', id: snapshotId, untilMs: 0 }],
    ),
  ];
}

/** Everything is recorded, as it is now. */
export const recordsOf = ({ volumes, instances, sets }: Pick<PruneFacts, 'volumes' | 'instances' | 'sets'>) => [
  ...volumes.map((volume) => volumeRecord(volume)),
  ...instances.map((instance) => instanceRecord(instance)),
  ...sets.flatMap((set) => setRecords(set)),
];
