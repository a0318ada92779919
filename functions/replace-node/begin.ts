// How a heal begins: whether there is anything to do, and what the node is like before anything is done to it. Pure.
import type { VolumeDescription } from '../../shared/aws/volumes.ts';
import type { FoundNode, FoundVolume } from '../../shared/heal/memory.ts';
import { begin as beginHeal } from './acts/decisions.ts';
import { inspect } from './acts/node-commands.ts';
import { type Facts, followsAgain } from './facts.ts';
import { endOf } from './proof.ts';
import { type Decision, ended, refuse } from './rungs/rung.ts';
import { newState } from './state.ts';

const MINUTE_MS = 60_000;
/** From here on it is the disk, and resize-volume's. */
const FULL_PERCENT = 97;
/** A client that a person has stopped is left to that person; it is looked at again now and then. */
const STOPPED_AGAIN_MS = 15 * MINUTE_MS;

export function begin(facts: Facts): Decision {
  const { original, want, watched, seen } = facts;
  if (!original)
    return refuse('instance-gone', 'EC2 does not know the instance any more', { retryAfterMs: 60 * MINUTE_MS });
  const { instance, checks, agentOnline } = original;
  if (instance.state === 'stopped' || instance.state === 'stopping')
    return refuse('instance-stopped', `the instance is ${instance.state}: somebody has stopped it`, {
      retryAfterMs: STOPPED_AGAIN_MS,
    });
  if (instance.state !== 'running') return refuse('busy', `the instance is ${instance.state}`);
  if (want.do === 'heal') {
    if (followsAgain(facts))
      return ended({ as: 'healed', reason: `it follows its chain again: ${watched?.reason ?? ''}` });
    if (checks?.attachedEbs === 'impaired')
      return refuse(
        'ebs-impaired',
        'the instance cannot reach an EBS volume: stopping it would not help, and nothing is done',
        { page: true },
      );
  }
  if (agentOnline && !seen) return inspect({ which: 'original' });
  // Asked before what has stopped it: with little left of its disk geth ends itself, and says that all went well.
  const full =
    want.do === 'heal' &&
    seen?.volumes.find(({ usedBytes, sizeBytes }) => sizeBytes > 0 && usedBytes * 100 >= sizeBytes * FULL_PERCENT);
  if (full) return refuse('disk-full-first', `${full.path} is full: it is grown first`);
  const stopped =
    want.do === 'heal' && seen?.clients.every(({ state, exitStatus }) => state === 'stopped' && exitStatus === 0);
  if (stopped && seen && seen.clients.length > 0)
    return refuse(
      'client-stopped',
      `its client was stopped, and ended by itself (${seen.clients.map(endOf).join('; ')}): somebody did that`,
      { page: true, retryAfterMs: STOPPED_AGAIN_MS },
    );
  return beginHeal({ state: newState(facts.nowMs, facts.incidentId, foundNode(facts, instance.availabilityZone)) });
}

function foundNode(facts: Facts, availabilityZone: string): FoundNode {
  const { original, seen, watched } = facts;
  return {
    instanceId: original?.instance.instanceId ?? '',
    availabilityZone,
    volumes: foundVolumes(facts),
    height: watched?.height ?? null,
    lagBlocks: watched?.lagBlocks ?? null,
    client: seen?.clients.find(({ state }) => state !== 'running')?.state ?? (seen ? 'running' : 'unknown'),
  };
}

/**
 * The volumes behind the fleet file's paths: as the node itself says, or, where it is silent, the only one that fits. Empty where that
 * leaves a doubt: then nothing is swapped.
 */
function foundVolumes({ fleet, original, seen, volumes }: Facts): readonly FoundVolume[] {
  if (!original) return [];
  const { instance } = original;
  const attached = volumes.filter(
    ({ attachment, volumeId }) => attachment?.instanceId === instance.instanceId && volumeId !== instance.rootVolumeId,
  );
  const found = fleet.volumes.flatMap(({ role, path, tags }) => {
    const told = seen?.volumes.find((volume) => volume.path === path)?.volumeId;
    const candidates = attached.filter((volume) =>
      told === undefined ? fits(volume, role, tags, fleet.volumes.length) : volume.volumeId === told,
    );
    const [volume, another] = candidates;
    return volume?.attachment && !another ? [foundVolume(volume, role, path, volume.attachment.device)] : [];
  });
  const ids = new Set(found.map(({ volumeId }) => volumeId));
  return found.length === fleet.volumes.length && ids.size === found.length ? found : [];
}

const fits = (
  volume: VolumeDescription,
  role: string,
  tags: Readonly<Record<string, string>>,
  roles: number,
): boolean =>
  volume.tags['chainmend:role'] === role ||
  (roles === 1 && Object.entries(tags).every(([key, value]) => volume.tags[key] === value));

const foundVolume = (volume: VolumeDescription, role: string, path: string, device: string): FoundVolume => ({
  role,
  volumeId: volume.volumeId,
  path,
  device,
  sizeGiB: volume.sizeGiB,
  type: volume.type,
  iops: volume.iops,
  throughputMiBps: volume.throughputMiBps,
  encrypted: volume.encrypted,
  kmsKeyId: volume.kmsKeyId,
  tags: Object.fromEntries(
    Object.entries(volume.tags).filter(([key]) => !key.startsWith('aws:') && !key.startsWith('chainmend:')),
  ),
});
