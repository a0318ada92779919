// Resolves a RunInstances request: its launch template, its subnet, its volumes and tags. It reads the state and changes nothing, so that IAM can
// check exactly the same plan. Sources: doc comments of RunInstancesRequest, BlockDeviceMapping, EbsBlockDevice and
// InstanceNetworkInterfaceSpecification in @aws-sdk/client-ec2; "Error codes for the Amazon EC2 API".
import type { BlockDeviceMapping, RunInstancesRequest, Tag, VolumeType } from '@aws-sdk/client-ec2';
import { AwsError, notEmulated } from '../../simulator/service.ts';
import { checkType } from './instance-types.ts';
import { type RequestedIpv6, wishedIpv6 } from './ipv6.ts';
import { checkData, type LaunchData, merged } from './launch-template-data.ts';
import { templateOf, versionOf } from './launch-templates.ts';
import type { LaunchTemplate, Subnet, TemplateVersion } from './model.ts';
import type { Ec2State } from './state.ts';
import { SECURITY_GROUP_ID } from './subnets.ts';
import { checked } from './tags.ts';

export interface LaunchPlan {
  readonly template: { readonly of: LaunchTemplate; readonly version: TemplateVersion } | undefined;
  readonly data: LaunchData;
  readonly imageId: string;
  readonly instanceType: string;
  readonly subnet: Subnet;
  /** The request, its template or its subnet names the zone; false: EC2 has chosen it. */
  readonly zoneIsGiven: boolean;
  readonly privateIp: string | undefined;
  /** An existing network interface. */
  readonly interfaceId: string | undefined;
  readonly ipv6: RequestedIpv6;
  readonly securityGroupIds: readonly string[];
  readonly hasPublicIp: boolean;
  readonly httpTokens: 'optional' | 'required';
  readonly instanceProfileArn: string | undefined;
  readonly placementGroup: string | undefined;
  readonly capacityReservationId: string | undefined;
  readonly licenseArns: readonly string[];
  readonly volumes: readonly PlannedVolume[];
  readonly tags: { readonly instance: readonly Tag[]; readonly volume: readonly Tag[] };
}

export interface PlannedVolume {
  readonly device: string;
  readonly snapshotId: string | undefined;
  /** Undefined: as large as the snapshot. */
  readonly sizeGiB: number | undefined;
  readonly type: VolumeType;
  readonly iops: number | undefined;
  readonly throughputMiBps: number | undefined;
  readonly encrypted: boolean | undefined;
  readonly kmsKeyId: string | undefined;
  /** MiB/s; undefined: at AWS's own rate. */
  readonly initializationRate: number | undefined;
  readonly deleteOnTermination: boolean;
}

/** SDK: "Default: m1.small" of CreateFleet's and RunInstances' instance type. */
const TYPE_DEFAULT = 'm1.small';
/** The root device of every image here: any well-formed id is an image, and all images are alike. */
export const ROOT_DEVICE = '/dev/xvda';
const IMAGE_DEVICES: readonly BlockDeviceMapping[] = [
  { DeviceName: ROOT_DEVICE, Ebs: { VolumeSize: 8, VolumeType: 'gp3', DeleteOnTermination: true } },
];
const DEVICES_MAX = 28;

/** Throws EC2's error for a request that cannot be carried out, and NotImplemented for what is not modelled. */
export function launchPlan(state: Ec2State, input: RunInstancesRequest): LaunchPlan {
  checkData(input, 'RunInstances');
  const template = input.LaunchTemplate && templateOf(state, input.LaunchTemplate);
  const version = template && versionOf(template, input.LaunchTemplate?.Version);
  const data = merged(version?.data ?? {}, input);
  const { ImageId: imageId = '', InstanceType: instanceType = TYPE_DEFAULT, MetadataOptions } = data;
  if (imageId === '') throw new AwsError('MissingParameter', 'The request must contain the parameter ImageId');
  if (!/^ami-[0-9a-f]{8}(?:[0-9a-f]{9})?$/.test(imageId)) {
    throw new AwsError('InvalidAMIID.Malformed', `Invalid id: "${imageId}"`);
  }
  checkType(instanceType);
  // "If you plan to use the launch template … with the RunInstances API …, you can't specify InstanceRequirements." AWS does not publish the error
  // code.
  if (version?.data.InstanceRequirements)
    throw new AwsError('InvalidParameterCombination', 'Launch templates with InstanceRequirements cannot be run');
  const [card] = data.NetworkInterfaces ?? [];
  if (card?.NetworkInterfaceId !== undefined && card.SubnetId !== undefined)
    throw new AwsError(
      'InvalidParameterCombination',
      'A network interface may not specify both a network interface ID and a subnet',
    );
  // "If you specify a network interface, you must specify any subnets [security groups] as part of the network interface".
  if (card && input.SubnetId !== undefined) throw notWithInterface('an instance-level subnet ID');
  if (card && data.SecurityGroupIds?.length) throw notWithInterface('instance-level security groups');
  if (card && input.PrivateIpAddress !== undefined) throw notWithInterface('an instance-level private address');
  const asked = input.SubnetId ?? card?.SubnetId;
  const zone = data.Placement?.AvailabilityZone;
  const subnet = asked === undefined ? chosenSubnet(state, zone) : subnetIn(state, asked, zone);
  const placementGroup = data.Placement?.GroupName;
  const capacityReservationId = data.CapacityReservationSpecification?.CapacityReservationTarget?.CapacityReservationId;
  state.placements.check(placementGroup, capacityReservationId);
  return {
    template: template && version && { of: template, version },
    data,
    imageId,
    instanceType,
    subnet,
    zoneIsGiven: asked !== undefined || zone !== undefined,
    privateIp: input.PrivateIpAddress ?? card?.PrivateIpAddress,
    interfaceId: card?.NetworkInterfaceId,
    ipv6: wishedIpv6(card ?? {}, subnet),
    securityGroupIds: groupsOf(data.SecurityGroupIds ?? card?.Groups),
    hasPublicIp: card?.AssociatePublicIpAddress ?? subnet.mapPublicIp,
    httpTokens: httpTokens(state, MetadataOptions?.HttpTokens),
    instanceProfileArn: profileArn(state, data.IamInstanceProfile),
    placementGroup,
    capacityReservationId,
    licenseArns: (data.LicenseSpecifications ?? []).flatMap(
      ({ LicenseConfigurationArn }) => LicenseConfigurationArn ?? [],
    ),
    volumes: volumesOf(data.BlockDeviceMappings ?? []),
    tags: { instance: tagsFor(data, 'instance'), volume: tagsFor(data, 'volume') },
  };
}

function subnetIn(state: Ec2State, subnetId: string, zone: string | undefined): Subnet {
  const subnet = state.subnets.find(subnetId);
  if (zone === undefined || zone === subnet.availabilityZone) return subnet;
  throw new AwsError(
    'InvalidParameterValue',
    `Value (${zone}) for parameter availabilityZone is invalid. Subnet '${subnetId}' is in the availability zone ${subnet.availabilityZone}`,
  );
}

/** "If you don't specify a subnet ID, we choose a default subnet": of the requested zone, else of a zone with capacity. */
function chosenSubnet(state: Ec2State, zone: string | undefined): Subnet {
  if (zone !== undefined) {
    const subnet = state.subnets.defaultOf(zone);
    if (subnet) return subnet;
    throw new AwsError('InvalidParameterValue', `Value (${zone}) for parameter availabilityZone is invalid.`);
  }
  const defaults = state.subnets.all().filter(({ isDefault }) => isDefault);
  const roomy = defaults.find(({ availabilityZone }) => state.capacity.shortageIn(availabilityZone) === undefined);
  const [chosen = roomy] = roomy ? [roomy] : defaults;
  if (chosen) return chosen;
  throw new AwsError('MissingInput', 'No subnets found for the default VPC. Please specify a subnet.');
}

/** Any well-formed id is a security group of the VPC: the region does not store groups. */
function groupsOf(ids: readonly string[] | undefined): readonly string[] {
  if (!ids?.length) return [SECURITY_GROUP_ID];
  const wrong = ids.find((id) => !/^sg-[0-9a-z]+$/.test(id));
  if (wrong !== undefined)
    throw new AwsError('InvalidGroupId.Malformed', `Invalid id: "${wrong}" (expecting "sg-...")`);
  return ids;
}

/**
 * Our images are of the newer kind ("ImdsSupport … v2.0 and the account level default is set to no-preference, the default is required"). If the
 * account enforces it (`HttpTokensEnforced`), an instance with `optional` does not launch; AWS does not publish that error code.
 */
function httpTokens(state: Ec2State, asked: string | undefined): 'optional' | 'required' {
  if (asked !== 'optional') return 'required';
  if (!state.httpTokensEnforced) return 'optional';
  throw new AwsError('UnsupportedOperation', 'IMDSv1 is not allowed in this account: HttpTokens must be required.');
}

function profileArn(state: Ec2State, profile: LaunchData['IamInstanceProfile']): string | undefined {
  if (profile === undefined) return undefined;
  if (profile.Arn !== undefined) return profile.Arn;
  return `arn:aws:iam::${state.kernel.accountId}:instance-profile/${profile.Name ?? ''}`;
}

/** The image's devices, overridden by the launch's, by name; `NoDevice` removes one. */
function volumesOf(mappings: readonly BlockDeviceMapping[]): readonly PlannedVolume[] {
  const byDevice = new Map(IMAGE_DEVICES.map((mapping) => [mapping.DeviceName ?? '', mapping]));
  for (const mapping of mappings) {
    const { DeviceName: device = '', NoDevice, VirtualName, Ebs } = mapping;
    if (device === '') throw new AwsError('MissingParameter', 'The request must contain the parameter deviceName');
    if (VirtualName !== undefined) continue; // Instance store has no volume: `hasInstanceStore` derives it from the type.
    const below = byDevice.get(device);
    if (NoDevice !== undefined) byDevice.delete(device);
    else byDevice.set(device, { DeviceName: device, Ebs: { ...below?.Ebs, ...Ebs } });
  }
  if (byDevice.size > DEVICES_MAX)
    throw new AwsError('AttachmentLimitExceeded', `At most ${DEVICES_MAX} volumes can be attached.`);
  return [...byDevice].map(([device, { Ebs = {} }]) => planned(device, Ebs));
}

function planned(device: string, ebs: NonNullable<BlockDeviceMapping['Ebs']>): PlannedVolume {
  const { SnapshotId, VolumeSize, VolumeType = 'gp2', Iops, Throughput, Encrypted } = ebs;
  if (SnapshotId === undefined && VolumeSize === undefined) {
    throw new AwsError('MissingParameter', `Either snapshotId or volumeSize is needed for ${device}`);
  }
  return {
    device,
    snapshotId: SnapshotId,
    sizeGiB: VolumeSize,
    type: VolumeType,
    iops: Iops,
    throughputMiBps: Throughput,
    encrypted: Encrypted,
    kmsKeyId: ebs.KmsKeyId,
    initializationRate: ebs.VolumeInitializationRate,
    // "By default, Amazon EC2 deletes all EBS volumes that were attached when the instance launched." (TerminateInstances)
    deleteOnTermination: ebs.DeleteOnTermination ?? true,
  };
}

/** "You can specify tags for the following resources only": the region has instances and volumes of these. */
function tagsFor({ TagSpecifications = [] }: LaunchData, kind: 'instance' | 'volume'): readonly Tag[] {
  const other = TagSpecifications.find(({ ResourceType }) => ResourceType !== 'instance' && ResourceType !== 'volume');
  if (other) throw notEmulated(`tags of ${other.ResourceType} in RunInstances`);
  const tags = TagSpecifications.filter(({ ResourceType }) => ResourceType === kind).flatMap(({ Tags = [] }) => Tags);
  return tags.map(checked);
}

const notWithInterface = (what: string): AwsError =>
  new AwsError(
    'InvalidParameterCombination',
    `Network interfaces and ${what} may not be specified on the same request`,
  );
