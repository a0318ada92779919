// Finds a fleet's nodes in EC2 as it is now: by tag, page by page, completely or not at all.
import { type EC2Client, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { claimOn } from '../model/suite.ts';
import { JOINING_TAG, RETIRED_TAG } from '../model/tags.ts';
import { claimants, membersOf, type Target } from './membership.ts';
import type { Fleet, Role } from './model.ts';
import { isInGroup, namesShared, plainName, tellApart } from './node-names.ts';
import type { FleetWatch } from './observation.ts';
import { roleOf } from './resolve.ts';

/** An instance as EC2 shows it, by a fleet's words; whose it is is not judged yet. */
export interface SeenInstance {
  readonly instanceId: string;
  /**
   * By the fleet's name tag; the instance's id where it has no name, or one that no metric can carry. Members of Auto Scaling groups that share a name
   * have the end of their id behind it.
   */
  readonly name: string;
  readonly role: Role;
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped';
  readonly availabilityZone: string;
  readonly privateIp: string;
  readonly vpcId: string;
  readonly launchedAtMs: number;
  readonly instanceType: string;
  readonly subnetId: string;
  /** Of all that is attached to it, in their order. */
  readonly volumeIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

export type FleetNode = SeenInstance & Target;

/** "MaxResults: between 5 and 1000" (DescribeInstancesRequest, @aws-sdk/client-ec2). */
const INSTANCES_A_PAGE = 1_000;
/** Twice the largest fleet that was measured. */
const MAX_PAGES = 10;

/**
 * Without terminated instances, without those that are shutting down, and without those that are outside (`isOutside`). Sorted by name, then by id.
 *
 * @throws Error when there are more pages than `MAX_PAGES`: an incomplete selection must not be used
 */
export const discoverNodes = async (ec2: EC2Client, fleet: Fleet, memory: NameMemory): Promise<readonly FleetNode[]> =>
  (await discoverByClaim(ec2, fleet, memory)).nodes;

/**
 * The fleet's nodes, and those that its tags describe and that are not its own: another suite's (`claimOn`), or claimed by another fleet of this suite, too.
 * These are neither watched, healed, named nor counted.
 */
export async function discoverByClaim(
  ec2: EC2Client,
  fleet: Fleet,
  memory: NameMemory,
): Promise<{
  readonly nodes: readonly FleetNode[];
  readonly others: readonly SeenInstance[];
  readonly contested: readonly SeenInstance[];
}> {
  const Filters = [
    ...Object.entries(fleet.nodes.tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] })),
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const found: SeenInstance[] = [];
  let pages = 0;
  for await (const read of paginateDescribeInstances({ client: ec2, pageSize: INSTANCES_A_PAGE }, { Filters })) {
    for (const { Instances = [] } of read.Reservations ?? [])
      found.push(...Instances.map((instance) => nodeOf(fleet, instance)).filter(({ tags }) => !isOutside(tags)));
    if (++pages === MAX_PAGES && read.NextToken) {
      throw new Error(
        `fleet ${fleet.name} has more than ${MAX_PAGES * INSTANCES_A_PAGE} instances: half-read selections are refused`,
      );
    }
  }
  const isOwn = ({ tags }: SeenInstance): boolean => claimOn(fleet.suite, tags) === 'own';
  return {
    nodes: sorted(await nameNodes(fleet, membersOf(fleet, found), memory)),
    others: sorted(found.filter((one) => !isOwn(one))),
    contested: sorted(found.filter((one) => isOwn(one) && claimants(fleet.neighbours, one.tags).length > 0)),
  };
}

const sorted = <Seen extends SeenInstance>(nodes: readonly Seen[]): readonly Seen[] =>
  [...nodes].sort((a, b) => compare(a.name, b.name) || compare(a.instanceId, b.instanceId));

/** Where watch-fleet keeps what it remembers of a fleet's names: the store. */
export interface NameMemory {
  readonly readWatch: (fleet: string) => Promise<Pick<FleetWatch, 'sharedNames'> | undefined>;
}

/** Nodes by the names that tell them apart. What is remembered is read only where it could matter. @param nodes by their plain names */
export async function nameNodes<Seen extends SeenInstance>(
  fleet: Fleet,
  nodes: readonly Seen[],
  memory: NameMemory,
): Promise<readonly Seen[]> {
  const shared = namesShared(nodes);
  const isOpen = nodes.some((node) => isInGroup(node) && !shared.has(node.name));
  const { sharedNames = {} } = (isOpen ? await memory.readWatch(fleet.name) : undefined) ?? {};
  return tellApart(nodes, new Set(Object.keys(sharedNames)));
}

/**
 * An instance that carries a fleet's tags and is no node of it: a replacement that is not proved yet, or a retired original. Neither is watched,
 * healed, named or counted.
 */
export const isOutside = (tags: Readonly<Record<string, string>>): boolean =>
  Object.hasOwn(tags, JOINING_TAG) || Object.hasOwn(tags, RETIRED_TAG);

/** Names that more than one node carries: a statement about such a name is about neither node. */
export function doubledNames(nodes: readonly Pick<SeenInstance, 'name'>[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const doubled = new Set<string>();
  for (const { name } of nodes) (seen.has(name) ? doubled : seen).add(name);
  return doubled;
}

/** By its plain name. */
export function nodeOf(fleet: Fleet, instance: Instance): SeenInstance {
  const tags = Object.fromEntries((instance.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  const { InstanceId: instanceId = '' } = instance;
  return {
    instanceId,
    name: plainName(fleet, { tags, instanceId }),
    role: roleOf(fleet, tags),
    state: stateOf(instance.State?.Name),
    availabilityZone: instance.Placement?.AvailabilityZone ?? '',
    privateIp: instance.PrivateIpAddress ?? '',
    vpcId: instance.VpcId ?? '',
    launchedAtMs: instance.LaunchTime?.getTime() ?? 0,
    instanceType: instance.InstanceType ?? '',
    subnetId: instance.SubnetId ?? '',
    volumeIds: (instance.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.VolumeId ?? []).sort(),
    tags,
  };
}

/** The filter returns no other state. */
function stateOf(name: string | undefined): FleetNode['state'] {
  return name === 'pending' || name === 'stopping' || name === 'stopped' ? name : 'running';
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
