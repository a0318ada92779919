// Reads an instance. instance-power.ts stops and starts one, launch.ts launches one. Sources: doc comments of the commands in @aws-sdk/client-ec2; "Stop and start Amazon
// EC2 instances", "Status checks for Amazon EC2 instances" (EC2 user guide).

import {
  DescribeAddressesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  type EC2Client,
  type Instance,
  type InstanceStateName,
  type SummaryStatus,
} from '@aws-sdk/client-ec2';
import { eventsToCome, type ScheduledEvent } from '../fleet/scheduled-events.ts';
import { SCALING_GROUP_TAG } from '../model/tags.ts';
import { catchRefusal } from './refusals.ts';

/**
 * Whether EC2 refuses to stop it to whoever asks over its API ("Enable stop protection for your EC2 instances"); null where AWS does not let us ask.
 *
 * @throws errors that say nothing of the instance
 */
export async function isStopProtected(ec2: EC2Client, InstanceId: string): Promise<boolean | null> {
  const read = await catchRefusal(() =>
    ec2.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'disableApiStop' })),
  );
  return 'refused' in read ? null : (read.DisableApiStop?.Value ?? false);
}

/** "Reserved for root volumes: /dev/sda1 or /dev/xvda" ("Device names for volumes on Amazon EC2 instances"). */
export const ROOT_DEVICES: ReadonlySet<string> = new Set(['/dev/sda1', '/dev/xvda']);

export interface InstanceDescription {
  readonly instanceId: string;
  readonly state: InstanceStateName;
  /** EC2 sets it again at each start, ms since the epoch; 0 where EC2 returns none. */
  readonly launchedAtMs: number;
  /** Why EC2 stopped or terminated the instance, in EC2's words; absent where EC2 says nothing. */
  readonly stateReason?: string;
  readonly availabilityZone: string;
  /** Empty for a terminated instance: it has no network interface any more. */
  readonly subnetId: string;
  readonly vpcId: string;
  readonly instanceType: string;
  readonly privateIp: string;
  /** "/dev/xvda": nothing is ever detached from this device. */
  readonly rootDevice: string;
  readonly rootVolumeId: string | null;
  readonly devices: readonly BlockDevice[];
  readonly tags: Readonly<Record<string, string>>;
  /** From the tags that EC2 sets on an instance that was launched from a template. */
  readonly launchTemplate: { readonly id: string; readonly version: string } | null;
  readonly autoScalingGroup: string | null;
  readonly cloudFormationStack: string | null;
  readonly publicIp: {
    readonly ip: string;
    /** null: not an elastic address, and lost when the instance stops. */
    readonly allocationId: string | null;
  } | null;
}

export interface BlockDevice {
  readonly device: string;
  readonly volumeId: string;
  readonly deleteOnTermination: boolean;
  readonly status: string;
}

/** @returns null for an instance that does not exist; EC2 shows a terminated one for about an hour */
export async function describeInstance(ec2: EC2Client, instanceId: string): Promise<InstanceDescription | null> {
  const byId = { Filters: [{ Name: 'instance-id', Values: [instanceId] }] };
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(byId));
  const instance = Reservations[0]?.Instances?.[0];
  if (!instance) return null;
  const publicIp = await readPublicIp(ec2, instance);
  const tags = Object.fromEntries((instance.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  const devices = devicesOf(instance);
  const { RootDeviceName = '' } = instance;
  return {
    instanceId,
    state: stateOf(instance),
    launchedAtMs: instance.LaunchTime?.getTime() ?? 0,
    ...(instance.StateReason?.Message && { stateReason: instance.StateReason.Message }),
    availabilityZone: instance.Placement?.AvailabilityZone ?? '',
    subnetId: instance.SubnetId ?? '',
    vpcId: instance.VpcId ?? '',
    instanceType: instance.InstanceType ?? '',
    privateIp: instance.PrivateIpAddress ?? '',
    rootDevice: RootDeviceName,
    rootVolumeId: devices.find(({ device }) => device === RootDeviceName)?.volumeId ?? null,
    devices,
    tags,
    launchTemplate: templateOf(tags),
    autoScalingGroup: tags[SCALING_GROUP_TAG] ?? null,
    cloudFormationStack: tags['aws:cloudformation:stack-name'] ?? null,
    publicIp,
  };
}

function stateOf({ InstanceId, State }: Instance): InstanceStateName {
  if (!State?.Name) throw new Error(`DescribeInstances shows ${InstanceId} without a state`);
  return State.Name;
}

const devicesOf = ({ BlockDeviceMappings = [] }: Instance): readonly BlockDevice[] =>
  BlockDeviceMappings.flatMap(({ DeviceName, Ebs }) =>
    DeviceName && Ebs?.VolumeId
      ? [
          {
            device: DeviceName,
            volumeId: Ebs.VolumeId,
            deleteOnTermination: Ebs.DeleteOnTermination ?? false,
            status: Ebs.Status ?? '',
          },
        ]
      : [],
  );

/** Set by EC2: "aws:ec2launchtemplate:id and aws:ec2launchtemplate:version" ("Launch an EC2 instance using a launch template"). */
function templateOf(tags: Readonly<Record<string, string>>): InstanceDescription['launchTemplate'] {
  const { 'aws:ec2launchtemplate:id': id, 'aws:ec2launchtemplate:version': version } = tags;
  return id !== undefined && version !== undefined ? { id, version } : null;
}

/** Only an instance with a public address may have an elastic one; an elastic address stays with a stopped instance. */
async function readPublicIp(
  ec2: EC2Client,
  { InstanceId = '', PublicIpAddress: ip }: Instance,
): Promise<InstanceDescription['publicIp']> {
  if (!ip) return null;
  const byInstance = { Filters: [{ Name: 'instance-id', Values: [InstanceId] }] };
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand(byInstance));
  return { ip, allocationId: Addresses.find(({ PublicIp }) => PublicIp === ip)?.AllocationId ?? null };
}

export interface StatusChecks {
  readonly system: SummaryStatus;
  readonly instance: SummaryStatus;
  /** If it is impaired, "the instance is unable to successfully complete I/O": a stop is the wrong cure. */
  readonly attachedEbs: SummaryStatus;
  /** What EC2 has scheduled for the instance; absent where nothing is to come. */
  readonly scheduled?: readonly ScheduledEvent[];
}

/** null for an instance that does not exist. For an instance that does not run all checks are `not-applicable`. */
export async function describeChecks(ec2: EC2Client, instanceId: string): Promise<StatusChecks | null> {
  try {
    const { InstanceStatuses = [] } = await ec2.send(
      new DescribeInstanceStatusCommand({ InstanceIds: [instanceId], IncludeAllInstances: true }),
    );
    const [status] = InstanceStatuses;
    if (!status) return null;
    const scheduled = eventsToCome(status.Events ?? []);
    return {
      system: status.SystemStatus?.Status ?? 'insufficient-data',
      instance: status.InstanceStatus?.Status ?? 'insufficient-data',
      // Instance types of the Xen hypervisor have no such check.
      attachedEbs: status.AttachedEbsStatus?.Status ?? 'not-applicable',
      ...(scheduled.length > 0 && { scheduled }),
    };
  } catch (error) {
    // This call has no filter by instance, and an id that is gone is an error.
    if (error instanceof Error && error.name === 'InvalidInstanceID.NotFound') return null;
    throw error;
  }
}

/** Reads by a filter, so that an instance that is gone is undefined and not an error. */
export async function readInstance(ec2: EC2Client, instanceId: string): Promise<Instance | undefined> {
  const byId = { Filters: [{ Name: 'instance-id', Values: [instanceId] }] };
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(byId));
  return Reservations[0]?.Instances?.[0];
}
