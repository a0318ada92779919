// Which attached volumes are the node’s data, and what they hold where nothing is mounted. Pure.
import type { VolumeDescription } from '../../shared/aws/volumes.ts';
import { ownVolumes } from '../../shared/fleet/membership.ts';
import type { FoundVolume } from '../../shared/heal/memory.ts';
import { hasTags } from '../../shared/model/tags.ts';
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
    const heldBy = seen?.heldBy?.find((held) => held.path === path)?.by;
    const one = {
      ...foundVolume(volume, role, path, volume.attachment.device),
      ...(heldBy !== undefined && { heldBy }),
    };
    if (seen === null || told !== undefined) return [one];
    const layer = seen.layered?.find(({ volumeId }) => volumeId === one.volumeId)?.kind;
    return [{ ...one, wasUnmounted: true as const, ...(layer !== undefined && { layer }) }];
  });
  const ids = new Set(found.map(({ volumeId }) => volumeId));
  return found.length === fleet.volumes.length && ids.size === found.length ? found : [];
}

const fits = (
  volume: VolumeDescription,
  role: string,
  tags: Readonly<Record<string, string>>,
  roles: number,
): boolean => volume.tags['chainmend:role'] === role || (roles === 1 && hasTags(volume.tags, tags));
