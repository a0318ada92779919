// What a new instance needs besides the node's own volumes, and whether heals may use it: IAM tells by the fleet's tags. Read before another
// instance is launched, so that a person hears what to tag before anything is done.
import { DescribeLaunchTemplateVersionsCommand, DescribeTagsCommand } from '@aws-sdk/client-ec2';
import type { ReplaceClients } from '../../shared/aws/clients.ts';
import { planHandOver, tagsOfTargetGroups } from '../../shared/aws/hand-over.ts';
import type { InstanceNow } from '../../shared/aws/instances.ts';
import type { Launch } from '../../shared/aws/launch.ts';
import { orRefused } from '../../shared/aws/refused.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { FLEET_TAG } from '../../shared/model/tags.ts';
import type { Reach } from './model.ts';

type Tags = Readonly<Record<string, string>>;

/** Who names a template in the fleet file has said one of its own: the instance's version belongs to the instance's template. */
export function templateOf(
  { replace }: Pick<Fleet, 'replace'>,
  own: InstanceNow['launchTemplate'],
): Launch['launchTemplate'] | null {
  const { launchTemplate } = replace;
  if (launchTemplate === undefined) return own && { id: own.id };
  return launchTemplate.startsWith('lt-') ? { id: launchTemplate } : { name: launchTemplate };
}

/** The tags by which heals may use a thing: those of the fleet's nodes, or its name. The same fence as `taggedGrants` of the stack. */
export const isOfFleet = (tags: Tags, { name, nodes }: Pick<Fleet, 'name' | 'nodes'>): boolean =>
  tags[FLEET_TAG] === name || Object.entries(nodes.tags).every(([key, value]) => tags[key] === value);

export async function readReach(clients: ReplaceClients, fleet: Fleet, old: InstanceNow): Promise<Reach> {
  const [launch, pointers] = await Promise.all([launchNeeds(clients, fleet, old), pointersAt(clients, fleet, old)]);
  return { launch, pointers };
}

/** What of the launch template carries no tags of the fleet: the template itself, and groups that are named again with its interfaces. */
async function launchNeeds({ ec2 }: ReplaceClients, fleet: Fleet, old: InstanceNow): Promise<readonly string[]> {
  const template = templateOf(fleet, old.launchTemplate);
  if (!template) return [];
  const named = 'id' in template ? { LaunchTemplateId: template.id } : { LaunchTemplateName: template.name };
  const read = await orRefused(() =>
    ec2.send(new DescribeLaunchTemplateVersionsCommand({ ...named, Versions: ['$Default'] })),
  );
  // The launch itself says what is wrong with it.
  if ('refused' in read) return [];
  const [version] = read.LaunchTemplateVersions ?? [];
  const id = version?.LaunchTemplateId;
  // One that the fleet file names by its id is granted by that.
  const isGranted = id !== undefined && id === fleet.replace.launchTemplate;
  const groups = (version?.LaunchTemplateData?.NetworkInterfaces ?? []).flatMap(({ Groups = [] }) => Groups);
  return untagged(ec2, fleet, [...(id === undefined || isGranted ? [] : [id]), ...new Set(groups)]);
}

/** Addresses and target groups that point at the instance, and carry no tags of the fleet: they cannot be pointed at another. */
async function pointersAt(clients: ReplaceClients, fleet: Fleet, old: InstanceNow): Promise<readonly string[]> {
  const nowhere = { instanceId: '-', privateIp: '-', vpcId: old.vpcId };
  const steps = await planHandOver(clients, { from: old, to: nowhere, autoScalingGroup: old.autoScalingGroup });
  const addresses = steps.flatMap((step) => (step.call === 'AssociateAddress' ? [step.allocationId] : []));
  const groups = new Map(
    steps.flatMap((step) => (step.call === 'AssociateAddress' ? [] : [[step.targetGroupArn, step.name] as const])),
  );
  const [lacking, groupsLacking] = await Promise.all([
    untagged(clients.ec2, fleet, addresses),
    untaggedGroups(clients, fleet, groups),
  ]);
  return [...lacking, ...groupsLacking];
}

async function untagged(ec2: ReplaceClients['ec2'], fleet: Fleet, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const byId = { Filters: [{ Name: 'resource-id', Values: [...ids] }] };
  const { Tags = [] } = await ec2.send(new DescribeTagsCommand(byId));
  return ids.filter((id) => {
    const own = Tags.filter(({ ResourceId }) => ResourceId === id);
    return !isOfFleet(Object.fromEntries(own.map(({ Key = '', Value = '' }) => [Key, Value])), fleet);
  });
}

/** @param groups names by ARN */
async function untaggedGroups(
  { elb }: ReplaceClients,
  fleet: Fleet,
  groups: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const tags = await tagsOfTargetGroups(elb, [...groups.keys()]);
  return [...groups].flatMap(([arn, name]) => (isOfFleet(tags.get(arn) ?? {}, fleet) ? [] : [`target group ${name}`]));
}
