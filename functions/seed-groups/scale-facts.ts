// Reads the facts of a scaling: the group as Auto Scaling shows it, its members as EC2 and watch-fleet do, what heals have under way, and what a launch
// begins with. All of it is read, or nothing.
import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { describeVolumes, type VolumeDescription } from '../../shared/aws/volumes.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { discoverNodes, type FleetNode, nodeOf, type SeenInstance } from '../../shared/fleet/nodes.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { nodesLately } from '../../shared/guardrails/fleet-view.ts';
import { judgePauseTag } from '../../shared/guardrails/switches.ts';
import { keepsNode } from '../../shared/heal/incident.ts';
import { unsettled } from '../../shared/heal/lease.ts';
import type { FleetRecords } from '../../shared/heal/store.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { RETIRED_TAG, SCALING_GROUP_TAG } from '../../shared/model/tags.ts';
import { cannotBeginFor } from '../../shared/readiness/preconditions.ts';
import { leftBy } from '../../shared/readiness/scale.ts';
import { noSeeds } from '../../shared/snapshots/seeds.ts';
import type { ScaleContext } from './context.ts';
import { decideSeeds, type SeedFacts } from './decide.ts';
import { readFacts } from './facts.ts';
import { type ScaledGroup, type ScaleFacts, type ScaleMember, sizeOfGroup } from './scale-decide.ts';

/** @param to how many nodes are wanted: only for more of them it matters what a launch begins with */
export async function readScaleFacts(
  context: Pick<ScaleContext, 'clients' | 'store'>,
  fleet: Fleet,
  to: number,
  nowMs: number,
): Promise<ScaleFacts> {
  const { clients, store } = context;
  const { name, scales } = fleet;
  if (scales === undefined)
    return { nowMs, fleet, group: null, members: [], outside: [], pool: null, seed: null, atWork: [] };
  const [group, nodes, observations, records, register] = await Promise.all([
    readGroup(clients, scales.group),
    discoverNodes(clients.ec2, fleet, store),
    store.readObservations(name),
    store.readFleet(name),
    store.readRegister(name),
  ]);
  const observed = nodesLately(observations, nowMs);
  const own = nodes.filter(({ tags }) => tags[SCALING_GROUP_TAG] === scales.group);
  const missing = Object.keys(group?.lifecycles ?? {}).filter((id) => !own.some(({ instanceId }) => instanceId === id));
  const volumes = await describeVolumes(clients.ec2, {
    instanceIds: [...own.map(({ instanceId }) => instanceId), ...missing],
  });
  const read = { observed, records, volumes };
  return {
    ...{ nowMs, fleet, group },
    members: own.map((node) => memberOf(node, read)),
    outside: await readOutside(clients.ec2, fleet, missing, read),
    pool: register?.pool ?? null,
    seed: group !== null && to > sizeOfGroup(group) ? await readSeed(context, fleet, scales.group, nowMs) : null,
    atWork: atWorkOf(name, records, new Set(nodes.map(({ instanceId }) => instanceId))),
  };
}

async function readGroup({ autoscaling }: ScaleContext['clients'], group: string): Promise<ScaledGroup | null> {
  const { AutoScalingGroups: [found] = [] } = await autoscaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }),
  );
  if (!found) return null;
  const { MinSize, MaxSize, DesiredCapacity, Instances = [] } = found;
  if (MinSize === undefined || MaxSize === undefined || DesiredCapacity === undefined)
    throw new Error(`${group} was described without its sizes`);
  return {
    ...{ name: group, minSize: MinSize, maxSize: MaxSize, desired: DesiredCapacity },
    lifecycles: Object.fromEntries(
      Instances.map(({ InstanceId = '?', LifecycleState = 'unknown' }) => [InstanceId, LifecycleState]),
    ),
  };
}

/** Members in service that have left the fleet by their tag; at a time when nobody has one on its way out. A heal has its own on standby. */
export async function readStrays({
  clients,
  fleet,
}: Pick<ScaleContext, 'clients' | 'fleet'>): Promise<readonly SeenInstance[]> {
  const { scales } = fleet;
  const group = scales && (await readGroup(clients, scales.group));
  const serving = Object.entries(group?.lifecycles ?? {}).flatMap(([id, is]) => (is === 'InService' ? [id] : []));
  return serving.length === 0 ? [] : readRetired(clients.ec2, fleet, serving);
}

async function readRetired(ec2: EC2Client, fleet: Fleet, ids: readonly string[]): Promise<readonly SeenInstance[]> {
  const Filters = [{ Name: 'instance-id', Values: [...ids] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances)
    .map((instance) => nodeOf(fleet, instance))
    .filter(({ tags }) => tags[RETIRED_TAG] !== undefined);
}

/** A member's own pause, by its tags as they are now; null: there is none. */
export async function readPauseOf(ec2: EC2Client, instanceId: string): Promise<Refusal | null> {
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [instanceId] }] }),
  );
  const [instance] = Reservations.flatMap(({ Instances = [] }) => Instances);
  return judgePauseTag(Object.fromEntries((instance?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])));
}

/** @param ids of members that discovery has not found: just launched, or not of the fleet any more */
async function readOutside(
  ec2: EC2Client,
  fleet: Fleet,
  ids: readonly string[],
  { records, volumes }: Pick<Read, 'records' | 'volumes'>,
): Promise<ScaleFacts['outside']> {
  if (ids.length === 0) return [];
  const retired = await readRetired(ec2, fleet, ids);
  return retired.map(({ instanceId, name, privateIp, tags }) => ({
    ...{ instanceId, name, privateIp },
    paused: judgePauseTag(tags)?.reason ?? null,
    neededBy: openOn(instanceId, records),
    leaves: leftBy(instanceId, volumes),
  }));
}

interface Read {
  readonly observed: readonly ObservedNode[];
  readonly records: FleetRecords;
  readonly volumes: readonly VolumeDescription[];
}

function memberOf(
  { instanceId, name, role, availabilityZone, instanceType, launchedAtMs, tags }: FleetNode,
  { observed, records, volumes }: Read,
): ScaleMember {
  return {
    ...{ instanceId, name, role, zone: availabilityZone, instanceType, launchedAtMs },
    health: observed.find((node) => node.instanceId === instanceId)?.health ?? null,
    neededBy: judgePauseTag(tags)?.reason ?? openOn(instanceId, records),
    cannotLeave: cannotBeginFor('scale-down', { instance: { instanceId, tags, launchTemplate: null } }),
    leaves: leftBy(instanceId, volumes),
  };
}

/** A person who was called to a node may need it. */
export function openOn(instanceId: string, { incidents, nodes }: FleetRecords): string | null {
  const open = incidents.find((one) => one.instanceId === instanceId && keepsNode(one));
  if (open) return `incident ${open.incidentId} is ${open.state}`;
  const held = nodes.find((node) => node.instanceId === instanceId && (node.owner !== null || unsettled(node)));
  return held ? 'a heal is at work on it' : null;
}

/** @param ids of the fleet's nodes: what was left open on an instance that is gone keeps nobody waiting */
function atWorkOf(fleet: string, { incidents, nodes }: FleetRecords, ids: ReadonlySet<string>): ScaleFacts['atWork'] {
  const begun = incidents.filter(({ state }) => state === 'claimed' || state === 'allocated');
  const waiting = incidents.filter(({ state, instanceId }) => state === 'open' && ids.has(instanceId));
  return [
    ...[...begun, ...waiting].map(({ instanceId, node, incidentId, state }) => ({
      ...{ instanceId, what: `incident ${incidentId} of ${node} is ${state}` },
    })),
    ...nodes
      .filter((node) => node.fleet === fleet && (node.owner !== null || unsettled(node)))
      .map(({ instanceId }) => ({ instanceId, what: `a heal is at work on ${instanceId}` })),
  ];
}

async function readSeed(
  { clients, store }: Pick<ScaleContext, 'clients' | 'store'>,
  fleet: Fleet,
  group: string,
  nowMs: number,
): Promise<ScaleFacts['seed']> {
  const record = (await store.readSeeds(fleet.name)) ?? noSeeds;
  return seedOf(await readFacts({ clients, store }, fleet, record, nowMs), group);
}

/** Pure. What a launch begins with, by the same rules as the seeding: only what that would leave as it is. */
export function seedOf(facts: SeedFacts, group: string): NonNullable<ScaleFacts['seed']> {
  const { steps, refusals } = decideSeeds(facts);
  const fact = facts.groups.find(({ name }) => name === group);
  if (fact === undefined) return { lacking: `${group} has no member that is known as a node of ${facts.fleet.name}` };
  const { launches } = fact;
  if ('unfit' in launches) return { lacking: launches.unfit };
  const refused = refusals.find(({ subject }) => subject.split(', ').includes(group));
  if (refused) return { lacking: refused.reason };
  const step = steps.find(({ groups }) => groups.includes(group));
  if (step) return { lacking: `${step.sentence}, which the seeding of this hour does` };
  const { mark, volume, instanceType } = launches.template.launched;
  if (mark === null || mark.snapshotId === null) return { lacking: `${group} launches no snapshot` };
  return { snapshotId: mark.snapshotId, sizeGiB: 'unfit' in volume ? 0 : (volume.sizeGiB ?? 0), instanceType };
}
