// Another instance from the launch template of the old one: asked for without making it, and then made.
import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { describeInstance, type InstanceNow } from '../../../shared/aws/instances.ts';
import { askForLaunch, isEverywhere, judgeLaunch, type Launch, launchReplacement } from '../../../shared/aws/launch.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { takeLease } from '../../../shared/heal/claim.ts';
import type { ReplaceMemory } from '../../../shared/heal/memory.ts';
import { INCIDENT_TAG, JOINING_TAG } from '../../../shared/model/tags.ts';
import { maskedUserData } from '../../../shared/node-commands/masked-user-data.ts';
import type { Facts, Result } from '../model.ts';
import { templateOf } from '../reach.ts';
import type { Tools } from '../tools.ts';
import { mutate, type Scene } from './act.ts';
import { clientsOf } from './commands.ts';
import { ownTags } from './put-away.ts';

/**
 * Whether EC2 would launch an instance in the place of this one, as far as it says before it does: permissions and the template, but no
 * capacity and no quota. What only one subnet refuses is no verdict, since others may be tried.
 */
export async function readLaunch(tools: Tools, fleet: Fleet, old: InstanceNow): Promise<NonNullable<Facts['launch']>> {
  const launchTemplate = templateOf(fleet, old.launchTemplate);
  const subnetId = old.subnetId || fleet.replace.subnetIds[0];
  if (!launchTemplate || subnetId === undefined) return { is: 'unknown', reason: 'it names no template or no subnet' };
  try {
    const { availabilityZone } = old;
    const asked = { launchTemplate, subnetId, availabilityZone, incidentId: tools.payload.incidentId };
    const answer = await askForLaunch(tools.clients.ec2, launchOf(tools, fleet, old, asked));
    if (!('refused' in answer)) return { is: 'accepted' };
    const fault = judgeLaunch(answer);
    return { is: isEverywhere(fault) ? 'refused' : 'unknown', reason: fault.reason };
  } catch (error) {
    return { is: 'unknown', reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

export function launchOne(
  scene: Scene,
  { machine, found, beganAtMs, incidentId }: ReplaceMemory,
  reason: string,
): Promise<Result> {
  const { tools } = scene;
  if (!machine) throw new Error('there is no instance to be launched');
  const { subnetId, generation } = machine;
  return mutate(scene, {
    act: `RunInstances ${subnetId}`,
    sentence: `launch an instance in the place of ${found.instanceId}, ${reason}`,
    evidence: { subnetId, generation },
    call: async (fleet) => {
      const { ec2 } = tools.clients;
      const old = await describeInstance(ec2, found.instanceId);
      if (!old) return { refused: 'the instance whose place it would take is gone', code: 'Gone' };
      const availabilityZone = await zoneOf(scene, subnetId);
      const launchTemplate = templateOf(fleet, old.launchTemplate);
      if (!launchTemplate) return { refused: 'no launch template is named', code: 'MissingLaunchTemplate' };
      const launched = await launchReplacement(ec2, {
        ...launchOf(tools, fleet, old, { launchTemplate, subnetId, availabilityZone, incidentId }),
        token: `${incidentId}-${beganAtMs.toString(36)}-${generation}`,
      });
      if ('refused' in launched) return launched;
      const lease = await leaseOf(tools, launched.instanceId);
      // It is there, and the attempt that launched it ended a moment ago: refused, nobody would know of it any more.
      if ('busy' in lease) throw new Error(`${launched.instanceId} is launched, and ${lease.busy} holds it still`);
      return {
        instanceId: launched.instanceId,
        fence: lease.holder.fence,
        note: availabilityZone,
        said: `${launched.instanceId} in ${availabilityZone}`,
      };
    },
  });
}

/** The same for the question as for the launch, but for its token. */
const launchOf = (
  tools: Tools,
  fleet: Fleet,
  { instanceType, tags }: InstanceNow,
  { incidentId, ...where }: Pick<Launch, 'launchTemplate' | 'subnetId' | 'availabilityZone'> & { incidentId: string },
): Omit<Launch, 'token'> => ({
  ...where,
  instanceType,
  userData: maskedUserData(clientsOf(fleet)),
  tags: { ...usersTags(tags), ...ownTags(tools), [INCIDENT_TAG]: incidentId, [JOINING_TAG]: incidentId },
});

/** Whatever keeps its record from being written is no refusal of the launch: it is there. */
async function leaseOf(tools: Tools, instanceId: string): ReturnType<typeof takeLease> {
  try {
    return await takeLease(tools, 'replace', instanceId);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${instanceId} is launched, and its record cannot be written: ${why}`, { cause });
  }
}

async function zoneOf({ tools }: Scene, subnetId: string): Promise<string> {
  const { Subnets = [] } = await tools.clients.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
  const zone = Subnets[0]?.AvailabilityZone;
  if (!zone) throw new Error(`DescribeSubnets tells no zone of ${subnetId}`);
  return zone;
}

const usersTags = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:') && !key.startsWith('chainmend:')));
