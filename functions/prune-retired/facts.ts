// Reads the facts of a pruning: what was kept of a fleet's nodes, which nodes the fleet has now, and where a heal is at work. All of it is read, or
// nothing.
import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Filter,
  type Instance,
  paginateDescribeInstances,
  paginateDescribeVolumes,
  type Tag,
  type Volume,
} from '@aws-sdk/client-ec2';
import { readAllPages } from '../../shared/aws/pagination.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { discoverNodes, type FleetNode } from '../../shared/fleet/nodes.ts';
import { judgePauseTag } from '../../shared/guardrails/switches.ts';
import { keptOf, readKept } from '../../shared/heal/kept.ts';
import { unsettled } from '../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { dateOf, FLEET_TAG, KEEP_UNTIL_TAG, NODE_TAG, RETIRED_TAG } from '../../shared/model/tags.ts';
import { readSnapshots } from '../../shared/snapshots/inventory.ts';
import { snapshotsNamed } from '../../shared/snapshots/seeds.ts';
import { setsOf } from '../../shared/snapshots/sets.ts';
import type { PruneContext } from './context.ts';
import type { KeptVolume, PruneFacts, Removal, RetiredInstance, Tags } from './retired-resources.ts';

/** "MaxResults: between 5 and 500" (DescribeVolumesRequest), "between 5 and 1000" (DescribeInstancesRequest). */
const A_PAGE = 500;
/** A fleet of 500 nodes, each with ten volumes kept. */
const MAX_PAGES = 10;
/** Values of a filter (FilterLimitExceeded, "Error codes for the Amazon EC2 API"); the rest is looked for by the next run. */
const MAX_MISSING = 200;
const DAY_MS = 24 * 60 * 60_000;
/** A person who was called to a node may need what was kept of it. */
const ESCALATED_MS = 7 * DAY_MS;

/** @param only which kinds are read, where one resource is read again; unless given, all kinds */
export async function readFacts(
  { clients: { ec2 }, store }: Pick<PruneContext, 'clients' | 'store'>,
  fleet: Fleet,
  nowMs: number,
  only?: Removal['kind'],
): Promise<PruneFacts> {
  const wants = (...kinds: readonly Removal['kind'][]): boolean => only === undefined || kinds.includes(only);
  const [nodes, records, kept, volumes, instances, snapshots, seeds] = await Promise.all([
    discoverNodes(ec2, fleet, store),
    store.readFleet(fleet.name),
    readKept(store, fleet.name),
    // An instance's volumes are looked up among those that are kept.
    wants('volume', 'instance') ? readVolumes(ec2, fleet) : [],
    wants('instance') ? readRetired(ec2, fleet) : [],
    wants('set') && fleet.cleanSnapshots ? readSnapshots(ec2, fleet, [], 'all') : [],
    wants('set') ? store.readSeeds(fleet.name) : undefined,
  ]);
  const found = new Set([...volumes.map(({ VolumeId }) => VolumeId), ...instances.map(({ InstanceId }) => InstanceId)]);
  const overdue = [...keptOf(kept, 'volume').values(), ...keptOf(kept, 'instance').values()].filter(
    ({ id, untilMs }) => untilMs <= nowMs && !found.has(id),
  );
  const context = { fleet, volumes: new Map(), nodeNames: new Set(nodes.map(({ name }) => name)) };
  return {
    nowMs,
    fleet,
    nodes,
    busy: busyOf(nodes, records, nowMs),
    volumes: volumes.map(keptVolumeOf),
    instances: instances.map(retiredInstance),
    sets: setsOf(snapshots, context),
    seeds: snapshotsNamed(seeds),
    kept,
    missing: only === undefined && overdue.length > 0 ? await readMissing(ec2, overdue) : [],
  };
}

/** What a heal has put away and has no tags any more: it is gone, or a person has taken it. */
async function readMissing(
  ec2: EC2Client,
  records: readonly { readonly kind: 'volume' | 'instance'; readonly id: string; readonly node: string }[],
): Promise<PruneFacts['missing']> {
  const some = records.slice(0, MAX_MISSING);
  const idsOf = (of: 'volume' | 'instance') => some.flatMap(({ kind, id }) => (kind === of ? [id] : []));
  const by = (Name: string, Values: readonly string[]) => ({ Filters: [{ Name, Values: [...Values] }] });
  const [volumes, instances] = [idsOf('volume'), idsOf('instance')];
  const there = new Set<string | undefined>();
  if (volumes.length > 0) {
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand(by('volume-id', volumes)));
    for (const { VolumeId } of Volumes) there.add(VolumeId);
  }
  if (instances.length > 0) {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(by('instance-id', instances)));
    for (const { InstanceId, State } of Reservations.flatMap(({ Instances = [] }) => Instances))
      if (State?.Name !== 'terminated') there.add(InstanceId);
  }
  return some.map(({ kind, id, node }) => ({ kind, id, node, there: there.has(id) }));
}

/** Pure. Nodes that a heal or a person works on, by name and by instance id, with the reason. */
export function busyOf(
  nodes: readonly FleetNode[],
  {
    incidents,
    nodes: records,
  }: { readonly incidents: readonly IncidentRecord[]; readonly nodes: readonly NodeRecord[] },
  nowMs: number,
): ReadonlyMap<string, string> {
  const busy = new Map<string, string>();
  const names = new Map(nodes.map(({ instanceId, name }) => [instanceId, name]));
  const say = (instanceId: string, name: string | undefined, why: string): void => {
    busy.set(instanceId, why);
    if (name !== undefined) busy.set(name, why);
  };
  for (const { instanceId, name, tags } of nodes) {
    const paused = judgePauseTag(tags);
    if (paused) say(instanceId, name, paused.reason);
  }
  for (const record of records)
    if (record.owner !== null || unsettled(record))
      say(record.instanceId, names.get(record.instanceId), 'a heal is at work on it');
  for (const incident of incidents) {
    const { state, instanceId, node, incidentId } = incident;
    if (state === 'healed' || (state === 'escalated' && nowMs - incident.endedAtMs >= ESCALATED_MS)) continue;
    say(instanceId, node, `incident ${incidentId} is ${state}`);
  }
  return busy;
}

async function readVolumes(ec2: EC2Client, { name, tag }: Fleet): Promise<readonly Volume[]> {
  const Filters = ofFleet(tag, KEEP_UNTIL_TAG);
  const pages = paginateDescribeVolumes({ client: ec2, pageSize: A_PAGE }, { Filters });
  return readAllPages(pages, ({ Volumes }) => Volumes, MAX_PAGES, `volumes of fleet ${name}`);
}

async function readRetired(ec2: EC2Client, { name, tag }: Fleet): Promise<readonly Instance[]> {
  const Filters = ofFleet(tag, RETIRED_TAG);
  const pages = paginateDescribeInstances({ client: ec2, pageSize: A_PAGE }, { Filters });
  return readAllPages(
    pages,
    ({ Reservations = [] }) => Reservations.flatMap(({ Instances = [] }) => Instances),
    MAX_PAGES,
    `retired instances of fleet ${name}`,
  );
}

const ofFleet = (tag: string, key: string): Filter[] => [
  { Name: `tag:${FLEET_TAG}`, Values: [tag] },
  { Name: 'tag-key', Values: [key] },
];

function keptVolumeOf(volume: Volume): KeptVolume {
  const { VolumeId = '', State, Size = 0, VolumeType = '', SnapshotId = '', Attachments = [], Tags = [] } = volume;
  const tags = tagsOf(Tags);
  return {
    volumeId: VolumeId,
    node: tags[NODE_TAG] ?? null,
    state: State ?? 'unknown',
    attachedTo: Attachments.map(({ InstanceId = '?' }) => InstanceId),
    sizeGiB: Size,
    type: VolumeType,
    createdAtMs: volume.CreateTime?.getTime() ?? 0,
    snapshotId: SnapshotId,
    availabilityZone: volume.AvailabilityZone ?? '',
    keepUntilMs: dateOf(tags[KEEP_UNTIL_TAG]),
    tags,
  };
}

function retiredInstance(instance: Instance): RetiredInstance {
  const { InstanceId = '', State, RootDeviceName = '', BlockDeviceMappings = [], Tags = [] } = instance;
  const tags = tagsOf(Tags);
  return {
    instanceId: InstanceId,
    node: tags[NODE_TAG] ?? null,
    state: State?.Name ?? 'unknown',
    launchedAtMs: instance.LaunchTime?.getTime() ?? 0,
    keepUntilMs: dateOf(tags[KEEP_UNTIL_TAG]),
    tags,
    rootDevice: RootDeviceName,
    volumes: BlockDeviceMappings.map(({ DeviceName = '', Ebs }) => ({
      volumeId: Ebs?.VolumeId ?? '',
      device: DeviceName,
      // A missing value is not false: the volume would be deleted with the instance.
      deleteOnTermination: Ebs?.DeleteOnTermination ?? true,
    })),
  };
}

const tagsOf = (tags: readonly Tag[]): Tags => Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
