// Whether a volume is the root volume of a stopped node of a fleet. Pure.
import type { Instance } from '@aws-sdk/client-ec2';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { MarkQuestion } from '../../shared/model/questions.ts';

/**
 * Why the volume gets no tag; null where it gets it. replace-node has read the pauses in the step before: a node that is stopped already is
 * brought to its end in spite of one.
 */
export function whyNot(
  fleet: Pick<Fleet, 'name' | 'nodes'>,
  instance: Instance | null,
  { instanceId, volumeId }: Pick<MarkQuestion, 'instanceId' | 'volumeId'>,
): string | null {
  if (!instance) return `${instanceId} is not there`;
  const tags = new Map((instance.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  const lacks = Object.entries(fleet.nodes.tags).find(([key, value]) => tags.get(key) !== value);
  if (lacks) return `${instanceId} is no node of ${fleet.name}: it has no tag ${lacks[0]}=${lacks[1]}`;
  const state = instance.State?.Name ?? 'unknown';
  if (state !== 'stopped') return `${instanceId} is ${state}, expected stopped`;
  const root = instance.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === instance.RootDeviceName);
  const rootId = root?.Ebs?.VolumeId;
  return rootId === volumeId ? null : `${volumeId} is not the root volume of ${instanceId}: ${rootId ?? 'none'} is`;
}
