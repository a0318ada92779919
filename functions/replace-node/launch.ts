// The launch of a replacement: its parameters, EC2's verdict before the launch, and the resources without the fleet's tags, which no heal may use.
// All of it is read before the launch, so that a person learns what to change before anything is done.
import type { ReplaceClients } from '../../shared/aws/clients.ts';
import { planHandOver, tagsOfTargetGroups } from '../../shared/aws/hand-over.ts';
import type { InstanceDescription } from '../../shared/aws/instances.ts';
import { isFaultOfEveryZone, judgeLaunch, type Launch, requestLaunch } from '../../shared/aws/launch.ts';
import { launchNeeds, strangeResource, templateOf, withoutFleetTags } from '../../shared/aws/launch-needs.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { selectorKeys } from '../../shared/fleet/resolve.ts';
import { lostAddressOf } from '../../shared/guardrails/replace.ts';
import { claimTags } from '../../shared/model/suite.ts';
import { INCIDENT_TAG, JOINING_TAG } from '../../shared/model/tags.ts';
import { maskedUserData, maskHook } from '../../shared/node-commands/masked-user-data.ts';
import { clientsOf } from '../../shared/node-commands/node-command.ts';
import { ownTags } from './acts/cleanup.ts';
import type { ReplaceContext } from './state.ts';

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
  tags: {
    ...usersTags(tags),
    ...ownTags(context),
    ...claimTags(fleet.suite),
    [INCIDENT_TAG]: incidentId,
    [JOINING_TAG]: incidentId,
  },
  firstTags: selectorKeys(fleet),
});

const usersTags = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:') && !key.startsWith('chainmend:')));

export async function readReach(clients: ReplaceClients, fleet: Fleet, original: InstanceDescription): Promise<Reach> {
  const [launch, pointers] = await Promise.all([
    launchNeeds(clients, fleet, original),
    pointersAt(clients, fleet, original),
  ]);
  return { launch, pointers };
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
    withoutFleetTags(clients.ec2, fleet, addresses),
    untaggedGroups(clients, fleet, groups),
  ]);
  return [...lacking, ...groupsLacking];
}

/** @param groups names by ARN */
async function untaggedGroups(
  { elb }: ReplaceClients,
  fleet: Fleet,
  groups: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const tags = await tagsOfTargetGroups(elb, [...groups.keys()]);
  return [...groups].flatMap(([arn, name]) => strangeResource(fleet, `target group ${name}`, tags.get(arn) ?? {}));
}
