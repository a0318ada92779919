// Keeps what each node's machine is like while it lives, where its fleet file says that a terminated node is made again.
import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { describeInstance, type InstanceDescription } from '../../shared/aws/instances.ts';
import { describeVolumes, type VolumeDescription } from '../../shared/aws/volumes.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { MachineMark, ObservedNode } from '../../shared/fleet/observation.ts';
import { MACHINE_KEPT_SECONDS, type MachineRecord } from '../../shared/heal/machine.ts';
import { keys } from '../../shared/heal/store.ts';
import { SCALING_GROUP_TAG } from '../../shared/model/tags.ts';
import type { FleetFacts, WatchContext } from './context.ts';
import { putNewer } from './observations.ts';

/** Volumes grow, and a person changes an instance: it is written again after this time, whatever shows. */
const AGAIN_MS = 6 * 60 * 60_000;
/** A sweep has a minute: a new fleet is written down over several. */
const MACHINES_A_SWEEP = 20;
const READS_AT_ONCE = 5;
/** "/dev/sd[f-p]" are recommended for data volumes: no node has more. With 50 tags each they fit an item of 400 KB. */
const VOLUMES_AT_MOST = 11;

/** Whatever shows in the discovery of nodes, and would be another machine. */
export const fingerprintOf = ({
  instanceType,
  subnetId,
  volumeIds,
  tags,
}: Pick<FleetNode, 'instanceType' | 'subnetId' | 'volumeIds' | 'tags'>): string =>
  createHash('sha256')
    .update(JSON.stringify([instanceType, subnetId, volumeIds, Object.entries(tags).sort()]))
    .digest('hex')
    .slice(0, 16);

/**
 * The mark of what was read for a record. EC2 may answer with an older state than it has shown in the discovery: the next sweep sees that they differ.
 *
 * @param volumes all that are attached to it
 */
export const markOf = (
  instance: Pick<InstanceDescription, 'instanceType' | 'subnetId' | 'tags'>,
  volumes: readonly Pick<VolumeDescription, 'volumeId'>[],
  atMs: number,
): MachineMark => ({
  fingerprint: fingerprintOf({ ...instance, volumeIds: volumes.map(({ volumeId }) => volumeId).sort() }),
  atMs,
});

/** The nodes whose machines are read and written down now. A validator, a node of unknown role and a group's member are never made again. */
export function machinesDue({
  fleet,
  nodes,
  before,
  nowMs,
}: Pick<FleetFacts, 'fleet' | 'nodes' | 'before' | 'nowMs'>): readonly FleetNode[] {
  if (!fleet.replace.terminated) return [];
  const isDue = (node: FleetNode): boolean => {
    if (node.state !== 'running' || node.role === 'validator' || node.role === 'unknown') return false;
    if (node.tags[SCALING_GROUP_TAG] !== undefined) return false;
    const mark = before.nodes.get(node.instanceId)?.machine;
    return mark === undefined || mark.fingerprint !== fingerprintOf(node) || nowMs - mark.atMs >= AGAIN_MS;
  };
  return nodes.filter(isDue).slice(0, MACHINES_A_SWEEP);
}

/**
 * Writes down the machines that are due. One that cannot be written stops no other one, and is due again in the next sweep.
 *
 * @returns the observed nodes with the mark of what is written down
 */
export async function keepMachines(
  context: WatchContext,
  facts: FleetFacts,
  observed: readonly ObservedNode[],
  attempt: (work: () => Promise<unknown>) => Promise<void>,
): Promise<readonly ObservedNode[]> {
  if (!facts.fleet.replace.terminated) return observed;
  const kept = new Map<string, MachineMark>();
  for (const { instanceId, machine } of facts.before.nodes.values()) if (machine) kept.set(instanceId, machine);
  const due = machinesDue(facts);
  const versions = new Map(observed.map(({ instanceId, clientVersion }) => [instanceId, clientVersion ?? null]));
  const keep = (node: FleetNode): Promise<void> =>
    attempt(async () => {
      const mark = await write(context, facts, node, versions.get(node.instanceId) ?? null);
      if (mark) kept.set(node.instanceId, mark);
    });
  await pMap(due, keep, { concurrency: READS_AT_ONCE });
  return observed.map((node) => {
    const mark = kept.get(node.instanceId);
    return mark ? { ...node, machine: mark } : node;
  });
}

/** @returns the mark of what is written; undefined where the instance is not there any more, or not wholly */
async function write(
  { clients: { ec2, dynamodb }, environment }: WatchContext,
  { fleet, nowMs }: FleetFacts,
  { instanceId }: FleetNode,
  clientVersion: string | null,
): Promise<MachineMark | undefined> {
  const [instance, volumes] = await Promise.all([
    describeInstance(ec2, instanceId),
    describeVolumes(ec2, { instanceIds: [instanceId] }),
  ]);
  if (instance?.state !== 'running' || instance.subnetId === '') return undefined;
  const record: MachineRecord = {
    observedAtMs: nowMs,
    instance,
    volumes: volumes.filter(({ volumeId }) => volumeId !== instance.rootVolumeId).slice(0, VOLUMES_AT_MOST),
    clientVersion,
    expiresAt: Math.floor(nowMs / 1000) + MACHINE_KEPT_SECONDS,
  };
  await putNewer(dynamodb, environment.TABLE_NAME, keys.machine(fleet.name, instanceId), record);
  return markOf(instance, volumes, nowMs);
}
