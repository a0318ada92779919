// Things that are put away for a while: written down first, where no tag reaches, and tagged then. What is recorded and tagged, and still is what
// it was, prune-retired removes after its date.
import type { InstanceDescription } from '../../../shared/aws/instances.ts';
import { catchRefusal } from '../../../shared/aws/refusals.ts';
import { tagResources, type VolumeDescription } from '../../../shared/aws/volumes.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import type { Shelf, Whose } from '../../../shared/heal/kept.ts';
import { endKept, type KeptKind, type ToKeep, writeKept } from '../../../shared/heal/kept.ts';
import {
  FLEET_TAG,
  INCIDENT_TAG,
  KEEP_UNTIL_TAG,
  LEDGER_TAGS,
  NODE_TAG,
  RETIRED_TAG,
} from '../../../shared/model/tags.ts';
import type { HealContext } from '../context.ts';

type Tags = Readonly<Record<string, string>>;

/** Whose a made thing is, so that whoever finds it knows. */
export const ownTags = ({ payload }: Pick<HealContext, 'payload'>): Tags => ({
  [FLEET_TAG]: payload.fleet,
  [NODE_TAG]: payload.node,
  [INCIDENT_TAG]: payload.incidentId,
});

const DAY_MS = 24 * 60 * 60_000;

/** From this moment, for as long as the fleet file says. */
export interface Keeping {
  readonly atMs: number;
  readonly untilMs: number;
}

export const keeping = ({ replace }: Fleet): Keeping => {
  const atMs = Date.now();
  return { atMs, untilMs: atMs + replace.keepDays * DAY_MS };
};

/**
 * @param roles of the volumes, by id
 * @param more besides whose it is, since when and until when it is kept
 * @returns those that AWS refused to tag, in its words: without its tags none of them is ever removed
 */
export async function putVolumesAway(
  heal: HealContext,
  volumes: readonly VolumeDescription[],
  roles: ReadonlyMap<string, string>,
  kept: Keeping,
  more: Tags,
): Promise<readonly string[]> {
  const records = volumes.map(
    ({ volumeId, sizeGiB, type, createdAtMs, snapshotId, availabilityZone }): ToKeep => ({
      ...about(heal, kept),
      kind: 'volume',
      id: volumeId,
      was: { role: roles.get(volumeId) ?? '', sizeGiB, type, createdAtMs, snapshotId, availabilityZone },
    }),
  );
  await writeKept(heal.store, records);
  const untagged: string[] = [];
  for (const { volumeId } of volumes) {
    const role = roles.get(volumeId);
    const tags = { ...keptTags(heal, kept), ...(role !== undefined && { [LEDGER_TAGS.role]: role }), ...more };
    const refused = await catchRefusal(() => tagResources(heal.clients.ec2, [volumeId], tags));
    if (refused) untagged.push(`${volumeId}: ${refused.refused}`);
  }
  return untagged;
}

/** @param instance as it is now; null where EC2 shows none, and then there is nothing to be kept */
export async function putInstanceAway(
  heal: HealContext,
  instance: InstanceDescription | null,
  kept: Keeping,
  more: Tags,
): Promise<void> {
  if (!instance) return;
  const { instanceId, launchedAtMs, rootVolumeId, devices } = instance;
  const volumeIds = devices.map(({ volumeId }) => volumeId).sort();
  const was = { launchedAtMs, rootVolumeId, volumeIds };
  await writeKept(heal.store, [{ ...about(heal, kept), kind: 'instance', id: instanceId, was }]);
  await tagResources(heal.clients.ec2, [instanceId], { ...keptTags(heal, kept), ...more });
}

/** By volume id; what was never made has none. */
export const rolesOf = (
  volumes: readonly { readonly volumeId: string; readonly role: string }[] = [],
): ReadonlyMap<string, string> => new Map(volumes.map(({ volumeId, role }) => [volumeId, role]));

/** They are in use again: whatever their tags say from now on, nobody removes them. */
export const takeBack = (heal: HealContext, kind: KeptKind, ids: readonly string[]): Promise<void> =>
  endKept(heal.store, heal.payload.fleet, kind, ids, Date.now());

/** Where what is put away is written down. */
export const shelfOf = ({ clients: { ec2 }, store }: Pick<HealContext, 'clients' | 'store'>): Shelf => ({ ec2, store });

export const whoseOf = ({ payload: { fleet, node, incidentId } }: Pick<HealContext, 'payload'>): Whose => ({
  fleet,
  node,
  incidentId,
});

const about = (heal: HealContext, kept: Keeping) => ({ ...whoseOf(heal), ...kept, state: 'kept' }) as const;

const keptTags = (heal: HealContext, { atMs, untilMs }: Keeping): Tags => ({
  ...ownTags(heal),
  [RETIRED_TAG]: new Date(atMs).toISOString(),
  [KEEP_UNTIL_TAG]: new Date(untilMs).toISOString(),
});
