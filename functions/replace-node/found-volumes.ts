// Which attached volumes are the node’s data, what they hold where nothing is mounted, and whether they may go to another instance. Pure.
import type { VolumeDescription } from '../../shared/aws/volumes.ts';
import { ownVolumes } from '../../shared/fleet/membership.ts';
import type { FoundVolume, LadderState } from '../../shared/heal/memory.ts';
import { FLEET_TAG, hasTags } from '../../shared/model/tags.ts';
import type { Layer } from '../../shared/node-commands/node-answer.ts';
import type { Facts } from './facts.ts';
import { foundVolume } from './state.ts';

/**
 * The volumes behind the fleet file's paths: as the node itself says, or, where it is silent, the only volume that fits. Empty where that is
 * ambiguous: then nothing is swapped.
 */
export function foundVolumes({ fleet, original, seen, volumes }: Facts): readonly FoundVolume[] {
  if (!original) return [];
  const { instance } = original;
  const attached = ownVolumes(fleet, volumes).filter(
    ({ attachment, volumeId }) => attachment?.instanceId === instance.instanceId && volumeId !== instance.rootVolumeId,
  );
  const found = fleet.volumes.flatMap(({ role, path, tags }) => {
    const told = seen?.volumes.find((volume) => volume.path === path)?.volumeId;
    const candidates = attached.filter((volume) =>
      told === undefined ? fits(volume, role, tags, fleet.volumes.length) : volume.volumeId === told,
    );
    const [volume, another] = candidates;
    if (!volume?.attachment || another) return [];
    const one = foundVolume(volume, role, path, volume.attachment.device);
    if (seen === null || told !== undefined) return [one];
    const layer = seen.layered?.find(({ volumeId }) => volumeId === one.volumeId)?.kind;
    return [{ ...one, wasUnmounted: true as const, ...(layer !== undefined && { layer }) }];
  });
  const ids = new Set(found.map(({ volumeId }) => volumeId));
  return found.length === fleet.volumes.length && ids.size === found.length ? found : [];
}

/** Why nobody can tell which volumes are the node's, and what a person may do about it. */
export function volumesUnknown({ fleet, seen }: Pick<Facts, 'fleet' | 'seen'>): string {
  const wanted = fleet.volumes.map(({ role, path }) => `${path} (${role})`).join(', ');
  const where = seen === null ? 'the node has not told it' : `not each of ${wanted} has an EBS volume mounted`;
  return `which volumes are the node’s cannot be told: ${where}, and no tags name one volume for each. Mount and tag them, or correct the volumes of the fleet file`;
}

const fits = (
  volume: VolumeDescription,
  role: string,
  tags: Readonly<Record<string, string>>,
  roles: number,
): boolean => volume.tags['chainmend:role'] === role || (roles === 1 && hasTags(volume.tags, tags));

const LAYERS = {
  LVM2_member: 'LVM',
  linux_raid_member: 'RAID',
  crypto_LUKS: 'LUKS',
  zfs_member: 'ZFS',
} as const satisfies Readonly<Record<Layer, string>>;

/**
 * Why no copy of the node's volumes can take their place: nothing is mounted at a path, and its volume holds no filesystem but a part of LVM, RAID, LUKS
 * or ZFS. Null where that is not so, or the node has not told.
 *
 * @param state null: no heal has begun
 */
export function layeredOf(facts: Facts, state: LadderState | null): string | null {
  const found = state === null ? foundVolumes(facts) : state.found.volumes;
  for (const { volumeId, path, layer } of found)
    if (layer !== undefined)
      return `nothing is mounted at ${path}, and ${volumeId} is a part of ${LAYERS[layer]} (${layer}): a copy of it could not be mounted. Activate and mount it on the node, or restore it by hand`;
  return null;
}

/**
 * Why the node's volumes may not go to another instance: one does not carry the fleet's tags. IAM takes a volume off by the tags of its instance, and attaches it
 * by its own, so that it could not even be put back. Null where all carry them.
 *
 * @param state null: no heal has begun
 */
export function untaggedOf(facts: Facts, state: LadderState | null): string | null {
  const { fleet, volumes } = facts;
  const found = state === null ? foundVolumes(facts) : state.found.volumes;
  for (const { volumeId, path, role, tags: asFound } of found) {
    const tags = volumes.find((volume) => volume.volumeId === volumeId)?.tags ?? asFound;
    const isOurs = fleet.volumes.some((one) => hasTags(tags, one.tags));
    if (isOurs || tags[FLEET_TAG] === fleet.tag) continue;
    const wanted = Object.entries(fleet.volumes.find((one) => one.role === role)?.tags ?? {});
    const words = wanted.map(([key, value]) => `${key}=${value}`).join(', ');
    return `${volumeId} under ${path} does not carry ${words}: it could be taken off its instance, and never attached again`;
  }
  return null;
}
