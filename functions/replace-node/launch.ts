// The launch of a replacement: its parameters, EC2's verdict before the launch, and the resources without the fleet's tags, which no heal may use.
// All of it is read before the launch, so that a person learns what to change before anything is done.
import { DescribeLaunchTemplateVersionsCommand, DescribeTagsCommand } from '@aws-sdk/client-ec2';
import type { ReplaceClients } from '../../shared/aws/clients.ts';
import { planHandOver, tagsOfTargetGroups } from '../../shared/aws/hand-over.ts';
import type { InstanceDescription } from '../../shared/aws/instances.ts';
import { isFaultOfEveryZone, judgeLaunch, type Launch, requestLaunch } from '../../shared/aws/launch.ts';
import { catchRefusal } from '../../shared/aws/refusals.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { lostAddressOf } from '../../shared/guardrails/replace.ts';
import { FLEET_TAG, INCIDENT_TAG, JOINING_TAG } from '../../shared/model/tags.ts';
import { maskedUserData, maskHook } from '../../shared/node-commands/masked-user-data.ts';
import { clientsOf } from '../../shared/node-commands/node-command.ts';
import { ownTags } from './acts/cleanup.ts';
import type { ReplaceContext } from './state.ts';

type Tags = Readonly<Record<string, string>>;

/** EC2's verdict on a launch before it is made. */
export type LaunchVerdict =
  | { readonly is: 'accepted' }
  | { readonly is: 'refused' | 'unknown'; readonly reason: string };

/** Resources without the fleet's tags, by name: no heal may use them. */
export interface Reach {
  /** The launch template and security groups: without these nothing is launched. */
  readonly launch: readonly string[];
  /** Addresses and target groups, which would still point at the original. */
  readonly pointers: readonly string[];
}

/** A template that the fleet file names comes first, in its default version: the instance's version belongs to the instance's own template. */
export function templateOf(
  { replace }: Pick<Fleet, 'replace'>,
  own: InstanceDescription['launchTemplate'],
): Launch['launchTemplate'] | null {
  const { launchTemplate } = replace;
  if (launchTemplate === undefined) return own && { id: own.id };
  return launchTemplate.startsWith('lt-') ? { id: launchTemplate } : { name: launchTemplate };
}

/**
 * Whether EC2 would launch a replacement, as far as EC2 says so before: permissions and the template, but neither capacity nor quota. A refusal of
 * only one subnet is no verdict, because others may be tried.
 */
export async function readLaunch(
  context: ReplaceContext,
  fleet: Fleet,
  original: InstanceDescription,
): Promise<LaunchVerdict> {
  const launchTemplate = templateOf(fleet, original.launchTemplate);
  const subnetId = original.subnetId || fleet.replace.subnetIds[0];
  if (!launchTemplate || subnetId === undefined) return { is: 'unknown', reason: 'it names no template or no subnet' };
  try {
    const { availabilityZone } = original;
    const asked = { launchTemplate, subnetId, availabilityZone, incidentId: context.payload.incidentId };
    const answer = await requestLaunch(context.clients.ec2, launchRequest(context, fleet, original, asked), {
      publicAddress: lostAddressOf(original) !== null,
    });
    if (!('refused' in answer)) return { is: 'accepted' };
    const fault = judgeLaunch(answer);
    return { is: isFaultOfEveryZone(fault) ? 'refused' : 'unknown', reason: fault.reason };
  } catch (error) {
    return { is: 'unknown', reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** The same for the dry run as for the launch, except for its token. */
export const launchRequest = (
  context: ReplaceContext,
  fleet: Fleet,
  { instanceType, tags }: InstanceDescription,
  { incidentId, ...where }: Pick<Launch, 'launchTemplate' | 'subnetId' | 'availabilityZone'> & { incidentId: string },
): Omit<Launch, 'token'> => ({
  ...where,
  instanceType,
  userData: maskedUserData(clientsOf(fleet)),
  maskHook: maskHook(clientsOf(fleet)),
  ownUserData: fleet.replace.userData,
  tags: { ...usersTags(tags), ...ownTags(context), [INCIDENT_TAG]: incidentId, [JOINING_TAG]: incidentId },
});

const usersTags = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:') && !key.startsWith('chainmend:')));

/** The tags by which heals may use a resource: those of the fleet's nodes, or its name. The same fence as `taggedGrants` of the stack. */
export const isOfFleet = (tags: Tags, { name, nodes }: Pick<Fleet, 'name' | 'nodes'>): boolean =>
  tags[FLEET_TAG] === name || Object.entries(nodes.tags).every(([key, value]) => tags[key] === value);

export async function readReach(clients: ReplaceClients, fleet: Fleet, original: InstanceDescription): Promise<Reach> {
  const [launch, pointers] = await Promise.all([
    launchNeeds(clients, fleet, original),
    pointersAt(clients, fleet, original),
  ]);
  return { launch, pointers };
}

/** Parts of the launch template without the fleet's tags: the template itself, and the security groups that its interfaces name. */
export async function launchNeeds(
  { ec2 }: Pick<ReplaceClients, 'ec2'>,
  fleet: Fleet,
  original: Pick<InstanceDescription, 'launchTemplate'>,
): Promise<readonly string[]> {
  const template = templateOf(fleet, original.launchTemplate);
  if (!template) return [];
  const named = 'id' in template ? { LaunchTemplateId: template.id } : { LaunchTemplateName: template.name };
  const read = await catchRefusal(() =>
    ec2.send(new DescribeLaunchTemplateVersionsCommand({ ...named, Versions: ['$Default'] })),
  );
  // The launch itself reports the error.
  if ('refused' in read) return [];
  const [version] = read.LaunchTemplateVersions ?? [];
  const id = version?.LaunchTemplateId;
  // A template that the fleet file names by its id is granted by that.
  const isGranted = id !== undefined && id === fleet.replace.launchTemplate;
  const groups = (version?.LaunchTemplateData?.NetworkInterfaces ?? []).flatMap(({ Groups = [] }) => Groups);
  return untagged(ec2, fleet, [...(id === undefined || isGranted ? [] : [id]), ...new Set(groups)]);
}

/** Addresses and target groups that point at the instance and lack the fleet's tags: they cannot be pointed at another instance. */
async function pointersAt(
  clients: ReplaceClients,
  fleet: Fleet,
  original: InstanceDescription,
): Promise<readonly string[]> {
  const nowhere = { instanceId: '-', privateIp: '-', vpcId: original.vpcId };
  const steps = await planHandOver(clients, {
    from: original,
    to: nowhere,
    autoScalingGroup: original.autoScalingGroup,
  });
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
