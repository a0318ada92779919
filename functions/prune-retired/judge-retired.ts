// Whether a retired instance may be terminated. Its data must not go with it, and its identity must live elsewhere. Pure.
import type { PruneFacts, Removal, RetiredInstance, Stays } from './decide.ts';
import { dateText, stays } from './decide.ts';

const GROUP_TAG = 'aws:autoscaling:groupName';

/** What keeps it; null: nothing of this. */
export function judgeRetired(instance: RetiredInstance, { nodes, volumes: kept }: PruneFacts): Stays | null {
  const { instanceId, node, state, tags, rootDevice, volumes } = instance;
  if (state === 'terminated' || state === 'shutting-down') return { stays: true, why: null };
  // The client on it may run, with the identity of a node that has another instance.
  if (state !== 'stopped')
    return stays(`it is retired and ${state}: two copies of the identity of ${node} may run`, true);
  if (nodes.some((other) => other.instanceId === instanceId))
    return stays('discovery finds it as a node of the fleet, and it is retired: one of the two is wrong', true);
  if (!heirOf(instance, nodes))
    return stays(`no running instance of the fleet is called ${node}: its identity may be nowhere else`);
  const group = tags[GROUP_TAG];
  if (group !== undefined) return stays(`it belongs to the Auto Scaling group ${group}: detach it from there first`);
  // One that goes on existing without a date would be kept, and paid for, for ever.
  const dated = new Set(kept.filter(({ keepUntilMs: untilMs }) => untilMs !== null).map(({ volumeId }) => volumeId));
  for (const { volumeId, device, deleteOnTermination } of volumes) {
    const isRoot = device === rootDevice;
    if (deleteOnTermination && !isRoot)
      return stays(`${volumeId} (${device}) is not its root and would be deleted with it: DeleteOnTermination is true`);
    if (!deleteOnTermination && !dated.has(volumeId))
      return stays(`${volumeId} (${device}) would outlive it, and no tag says until when it is kept`);
  }
  return null;
}

const heirOf = ({ node }: RetiredInstance, nodes: PruneFacts['nodes']): PruneFacts['nodes'][number] | undefined =>
  nodes.find(({ name, state }) => name === node && state === 'running');

export function retirement(instance: RetiredInstance, { nodes }: PruneFacts): Removal {
  const { instanceId, node, keepUntilMs } = instance;
  const heir = heirOf(instance, nodes);
  const sentence = `instance ${instanceId}, retired as ${node} and kept until ${dateText(keepUntilMs)}; ${heir?.instanceId} is ${node} now`;
  return { kind: 'instance', id: instanceId, node: node ?? '', sentence };
}
