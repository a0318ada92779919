// What heals have kept of a fleet, and whether it still is what a heal has put away: the record, its tags and EC2 have to agree. A person who may tag
// can write all the tags of a heal; only a heal writes the record. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { KeptRecord } from '../../shared/heal/kept.ts';
import { INCIDENT_TAG } from '../../shared/model/tags.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';

export type Tags = Readonly<Record<string, string>>;

/** A volume that carries the fleet's tag and a date until which it is kept. */
export interface KeptVolume {
  readonly volumeId: string;
  readonly node: string | null;
  readonly state: string;
  /** Instances that the volume is attached to. */
  readonly attachedTo: readonly string[];
  readonly sizeGiB: number;
  readonly type: string;
  /** ms since the epoch. */
  readonly createdAtMs: number;
  /** Empty where the volume was not made from a snapshot. */
  readonly snapshotId: string;
  readonly availabilityZone: string;
  /** null: the value of the tag is no date. */
  readonly keepUntilMs: number | null;
  readonly tags: Tags;
}

/** An instance that carries the fleet's tag and the tag of a retired instance. */
export interface RetiredInstance {
  readonly instanceId: string;
  readonly node: string | null;
  readonly state: string;
  /** Of its last start, ms since the epoch. */
  readonly launchedAtMs: number;
  readonly keepUntilMs: number | null;
  readonly tags: Tags;
  readonly rootDevice: string;
  readonly volumes: readonly {
    readonly volumeId: string;
    readonly device: string;
    readonly deleteOnTermination: boolean;
  }[];
}

export interface PruneFacts {
  readonly nowMs: number;
  readonly fleet: Pick<Fleet, 'name' | 'suite' | 'tag' | 'volumes' | 'neighbours' | 'cleanSnapshots'>;
  /** The fleet's nodes now, without instances that join or have retired. */
  readonly nodes: readonly FleetNode[];
  /** Why nothing of a node is touched (an open incident, a heal, a pause), by the node's name and by its instance's id. */
  readonly busy: ReadonlyMap<string, string>;
  readonly volumes: readonly KeptVolume[];
  readonly instances: readonly RetiredInstance[];
  readonly sets: readonly SnapshotSet[];
  /** Snapshots that a launch template of the fleet's groups names: without them a group could launch nothing. */
  readonly seeds: ReadonlySet<string>;
  /** Heals' records of what they put away, and which of it has ended. */
  readonly kept: readonly KeptRecord[];
  /** Recorded, past the date, and without the tags of a kept resource; `there`: EC2 still shows it. */
  readonly missing: readonly {
    readonly kind: 'volume' | 'instance';
    readonly id: string;
    readonly node: string;
    readonly there: boolean;
  }[];
}

export type Removal =
  | { readonly kind: 'volume'; readonly id: string; readonly node: string; readonly sentence: string }
  | { readonly kind: 'instance'; readonly id: string; readonly node: string; readonly sentence: string }
  | {
      readonly kind: 'set';
      /** The set's. */
      readonly id: string;
      readonly node: string;
      readonly sentence: string;
      readonly snapshotIds: readonly string[];
    };

type RecordOf<K extends KeptRecord['kind']> = Extract<KeptRecord, { readonly kind: K }>;

const NOT_WRITTEN = 'no heal has written down that it put it away';

/** @returns what differs from its record; null where all agree */
export function volumeDiffers(volume: KeptVolume, record: RecordOf<'volume'> | undefined): string | null {
  if (!record) return NOT_WRITTEN;
  const { was } = record;
  return (
    tagsDiffer(volume, record) ??
    changed('size', `${volume.sizeGiB} GiB`, `${was.sizeGiB} GiB`) ??
    changed('type', volume.type, was.type) ??
    changed('time of creation', isoOf(volume.createdAtMs), isoOf(was.createdAtMs)) ??
    changed('snapshot', volume.snapshotId || 'none', was.snapshotId || 'none') ??
    changed('zone', volume.availabilityZone, was.availabilityZone)
  );
}

/** @returns what differs from its record; null where all agree */
export function instanceDiffers(instance: RetiredInstance, record: RecordOf<'instance'> | undefined): string | null {
  if (!record) return NOT_WRITTEN;
  const { was } = record;
  const { volumes, rootDevice } = instance;
  const root = volumes.find(({ device }) => device === rootDevice)?.volumeId ?? null;
  const added = volumes.find(({ volumeId }) => !was.volumeIds.includes(volumeId));
  return (
    tagsDiffer(instance, record) ??
    (instance.launchedAtMs === was.launchedAtMs
      ? null
      : `it was started again at ${isoOf(instance.launchedAtMs)}, after it was put away`) ??
    // The instance's root is deleted with it: it must not be another volume.
    (root === null || root === was.rootVolumeId
      ? null
      : `its root volume is ${root}, and was ${was.rootVolumeId ?? 'taken off'}`) ??
    (added ? `${added.volumeId} (${added.device}) was attached to it after it was put away` : null)
  );
}

/** Every part of the set must be what one heal took at one moment: people and lifecycle policies remove their own snapshots. */
export function setDiffers(set: SnapshotSet, record: RecordOf<'set'> | undefined): string | null {
  if (!record) return 'no heal has written down that it took it';
  for (const part of Object.values(set.parts)) {
    if (!record.snapshotIds.includes(part.snapshotId)) return `${part.snapshotId} is not among what the heal took`;
    const differs = tagsDiffer({ tags: part.tags, node: part.ledger.node }, record);
    if (differs) return `${part.snapshotId}: ${differs}`;
    if (part.archived) return `${part.snapshotId} was put into the archive tier`;
  }
  return null;
}

/** @returns until when all quarantined parts are kept, by their tags and by the record; or why it is not our quarantine */
export function quarantineOf(
  parts: readonly SnapshotFact[],
  records: ReadonlyMap<string, RecordOf<'quarantine'>>,
): { readonly untilMs: number } | { readonly differs: string } {
  let untilMs = 0;
  for (const { snapshotId, ledger } of parts) {
    if (ledger.quarantined === null) continue;
    const record = records.get(snapshotId);
    if (!record) return { differs: `${snapshotId} is tagged as quarantined, and no heal has written that down` };
    untilMs = Math.max(untilMs, record.untilMs);
  }
  return { untilMs };
}

function tagsDiffer(
  { tags, node }: { readonly tags: Readonly<Record<string, string>>; readonly node: string | null },
  record: Pick<KeptRecord, 'node' | 'incidentId'>,
): string | null {
  if (node !== record.node) return `its tag says that it is of ${node}, and it was of ${record.node}`;
  const incident = tags[INCIDENT_TAG] ?? 'none';
  if (incident !== record.incidentId) return `its tag names the incident ${incident}, and it was ${record.incidentId}`;
  return null;
}

const changed = (what: string, now: string, was: string): string | null =>
  now === was ? null : `its ${what} is ${now}, and was ${was}`;

const isoOf = (ms: number): string => new Date(ms).toISOString();

export const dateText = (ms: number | null): string => (ms === null ? '?' : new Date(ms).toISOString().slice(0, 10));
