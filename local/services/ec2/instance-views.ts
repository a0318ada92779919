// How EC2 describes an instance, and its filters. Sources: doc comments of DescribeInstances and DescribeInstanceStatus in @aws-sdk/client-ec2;
// "Amazon EC2 instance state changes", "Status checks for Amazon EC2 instances" (EC2 user guide).
import type { Instance as DescribedInstance, InstanceStatus } from '@aws-sdk/client-ec2';
import type { Instance, InstanceState, Volume } from './model.ts';
import type { FilterFields } from './query.ts';

/** The low byte of EC2's state codes (SDK: `InstanceState.Code`). */
const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export const stateOf = (name: InstanceState) => ({ Code: STATE_CODES[name], Name: name });

export const INSTANCE_FIELDS: FilterFields<Instance> = {
  architecture: () => ['x86_64'],
  'availability-zone': (instance) => [instance.availabilityZone],
  'image-id': (instance) => [instance.imageId],
  'instance-id': (instance) => [instance.instanceId],
  'instance-state-code': (instance) => [STATE_CODES[instance.state]],
  'instance-state-name': (instance) => [instance.state],
  'instance-type': (instance) => [instance.instanceType],
  'ip-address': (instance) => [instance.networkInterface?.publicIp],
  'launch-time': (instance) => [new Date(instance.launchedAtMs)],
  'owner-id': () => [],
  'client-token': (instance) => [instance.settings.clientToken],
  'iam-instance-profile.arn': (instance) => [instance.settings.instanceProfileArn],
  'reservation-id': (instance) => [instance.settings.reservationId],
  'private-ip-address': (instance) => [instance.networkInterface?.privateIp],
  'root-device-name': (instance) => [instance.rootDeviceName],
  'root-device-type': () => ['ebs'],
  'subnet-id': (instance) => [instance.networkInterface?.subnetId],
  'vpc-id': (instance) => [instance.networkInterface?.vpcId],
};

export const STATUS_FIELDS: FilterFields<Instance> = {
  'availability-zone': (instance) => [instance.availabilityZone],
  'instance-state-code': (instance) => [STATE_CODES[instance.state]],
  'instance-state-name': (instance) => [instance.state],
  'instance-status.status': (instance) => [checksOf(instance).instance],
  'system-status.status': (instance) => [checksOf(instance).system],
  'event.code': ({ events }) => events.map(({ code }) => code),
  'event.instance-event-id': ({ events }) => events.map(({ id }) => id),
  'event.not-before': ({ events }) => events.map(({ notBeforeMs }) => new Date(notBeforeMs)),
  'attached-ebs-status.status': (instance) => [checksOf(instance).attachedEbs],
};

export function deviceFields(attached: (instance: Instance) => readonly Volume[]): FilterFields<Instance> {
  return {
    'block-device-mapping.volume-id': (instance) => attached(instance).map((volume) => volume.volumeId),
    'block-device-mapping.device-name': (instance) => attached(instance).map((volume) => volume.attachment?.device),
    'block-device-mapping.status': (instance) => attached(instance).map((volume) => volume.attachment?.state),
    'block-device-mapping.delete-on-termination': (instance) =>
      attached(instance).map((volume) => volume.attachment?.deleteOnTermination),
  };
}

export function described(instance: Instance, volumes: readonly Volume[]): DescribedInstance {
  const { stateReason } = instance;
  return {
    InstanceId: instance.instanceId,
    InstanceType: instance.instanceType as NonNullable<DescribedInstance['InstanceType']>,
    ImageId: instance.imageId,
    State: stateOf(instance.state),
    LaunchTime: new Date(instance.launchedAtMs),
    Placement: { AvailabilityZone: instance.availabilityZone, Tenancy: 'default' },
    ...addresses(instance),
    ClientToken: instance.settings.clientToken,
    Architecture: 'x86_64',
    VirtualizationType: 'hvm',
    RootDeviceName: instance.rootDeviceName,
    RootDeviceType: 'ebs',
    MetadataOptions: { HttpTokens: instance.settings.httpTokens, HttpEndpoint: 'enabled', State: 'applied' },
    ...(instance.settings.instanceProfileArn && { IamInstanceProfile: { Arn: instance.settings.instanceProfileArn } }),
    ...(instance.settings.keyName && { KeyName: instance.settings.keyName }),
    BlockDeviceMappings: volumes.flatMap(({ volumeId, attachment }) =>
      attachment
        ? [
            {
              DeviceName: attachment.device,
              Ebs: {
                VolumeId: volumeId,
                // EBS's `busy` shows as `detaching` here: this enumeration has no such value.
                Status: attachment.state === 'busy' ? 'detaching' : attachment.state,
                AttachTime: new Date(attachment.attachedAtMs),
                DeleteOnTermination: attachment.deleteOnTermination,
              },
            },
          ]
        : [],
    ),
    Tags: [...instance.tags],
    ...(stateReason ? { StateReason: { Code: stateReason.code, Message: stateReason.message } } : {}),
  };
}

/** A terminated instance has lost its network interface: DescribeInstances shows no address, subnet or VPC of it any more. */
function addresses({ networkInterface, availabilityZone }: Instance): Partial<DescribedInstance> {
  if (!networkInterface) return { PrivateDnsName: '' };
  const { networkInterfaceId, privateIp, publicIp, subnetId, vpcId, securityGroupIds } = networkInterface;
  const groups = securityGroupIds.map((GroupId) => ({ GroupId }));
  return {
    PrivateIpAddress: privateIp,
    PrivateDnsName: `ip-${privateIp.replaceAll('.', '-')}.${availabilityZone.slice(0, -1)}.compute.internal`,
    ...(publicIp === undefined ? {} : { PublicIpAddress: publicIp }),
    SubnetId: subnetId,
    VpcId: vpcId,
    SecurityGroups: groups,
    // "A primary network interface … can't be detached" ("Elastic network interfaces"): there is no other here.
    NetworkInterfaces: [
      {
        NetworkInterfaceId: networkInterfaceId,
        PrivateIpAddress: privateIp,
        SubnetId: subnetId,
        VpcId: vpcId,
        Groups: groups,
        Status: 'in-use',
        Attachment: { DeviceIndex: 0, DeleteOnTermination: true, Status: 'attached' },
        ...(publicIp !== undefined && { Association: { PublicIp: publicIp } }),
      },
    ],
  };
}

/** Checks of an instance that is not running are `not-applicable` (SDK: SummaryStatus). */
const checksOf = (instance: Instance) =>
  instance.state === 'running'
    ? instance.checks
    : ({ system: 'not-applicable', instance: 'not-applicable', attachedEbs: 'not-applicable' } as const);

const REACHABILITY = {
  ok: 'passed',
  impaired: 'failed',
  initializing: 'initializing',
  'insufficient-data': 'insufficient-data',
} as const;

export function describedStatus(instance: Instance): InstanceStatus {
  const checks = checksOf(instance);
  const summary = (status: typeof checks.system) => ({
    Status: status,
    Details: status === 'not-applicable' ? [] : [{ Name: 'reachability' as const, Status: REACHABILITY[status] }],
  });
  return {
    InstanceId: instance.instanceId,
    AvailabilityZone: instance.availabilityZone,
    InstanceState: stateOf(instance.state),
    SystemStatus: summary(checks.system),
    InstanceStatus: summary(checks.instance),
    AttachedEbsStatus: summary(checks.attachedEbs),
    Events: instance.events.map(({ id, code, notBeforeMs, description, isOver }) => ({
      InstanceEventId: id,
      Code: code,
      Description: `${isOver ? '[Completed] ' : ''}${description}`,
      NotBefore: new Date(notBeforeMs),
    })),
  };
}
