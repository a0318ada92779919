// "Actions, resources, and condition keys for Amazon EC2" (Service Authorization Reference), as far as the region has EC2.
import type { RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { RegionIdentity } from '../../simulator/kernel.ts';
import {
  type Check,
  eachOnAnything,
  type Keys,
  type Mapping,
  type Mappings,
  OF_NEW,
  OF_TAGGED,
  type Region,
  type Resource,
  requestTagKeys,
  resourceTagKeys,
  sameKeys,
} from '../iam/check.ts';
import { kmsCheck } from '../kms/key-checks.ts';
import { keyOf } from '../kms/permissions.ts';
import { ec2Arn, kindArn } from './arn.ts';
import type { LaunchPlan } from './launch-plan.ts';
import type { KeyUse } from './model.ts';

/** The state that IAM needs from EC2. */
export interface Ec2Facts {
  /** Condition keys of an existing resource by its id, without its tags. */
  conditionKeys(id: string): Keys;
  attachedInstance(volumeId: string): string | undefined;
  attachedVolumes(instanceId: string): readonly { readonly volumeId: string; readonly isRoot: boolean }[];
  /** The resolved RunInstances request with its launch template. Throws EC2's error if it cannot be carried out. */
  planOf(input: RunInstancesRequest): LaunchPlan;
  launchTemplates(): readonly { readonly name: string; readonly launchTemplateId: string }[];
  addresses(): readonly {
    readonly allocationId: string;
    readonly association: { readonly associationId: string } | undefined;
  }[];
}

export type Ec2Mapping = Mapping<Ec2Facts>;
type Ec2Region = Region<Ec2Facts>;

export interface TagSpecification {
  readonly ResourceType?: string;
  readonly Tags?: readonly { Key?: string; Value?: string }[];
}

interface SnapshotSource {
  readonly InstanceId?: string;
  readonly ExcludeBootVolume?: boolean;
  readonly ExcludeDataVolumeIds?: readonly string[];
}

export const tagged = (region: Ec2Region, id: string): Resource => {
  const arn = ec2Arn(region, id);
  return {
    arn,
    keys: {
      ...resourceTagKeys(region, arn, 'aws:ResourceTag', 'ec2:ResourceTag'),
      ...region.service.conditionKeys(id),
    },
  };
};

export const onIds =
  (action: string, idsOf: (input: never, region: Ec2Region) => readonly (string | undefined)[]): Ec2Mapping =>
  (input, region) => [
    {
      action,
      resources: idsOf(input as never, region)
        .filter((id) => id !== undefined)
        .map((id) => tagged(region, id)),
    },
  ];

/** Creating a resource with tags needs the create action on it, and ec2:CreateTags with ec2:CreateAction. */
export function creation(
  operation: string,
  kind: string,
  input: { TagSpecifications?: readonly TagSpecification[] },
  region: Region,
): Check[] {
  const tags = (input.TagSpecifications ?? [])
    .filter(({ ResourceType }) => ResourceType === kind)
    .flatMap(({ Tags }) => Tags ?? []);
  const resources = [{ arn: kindArn(region, kind, '*') }];
  const keys = requestTagKeys(tags);
  const create: Check = { action: `ec2:${operation}`, resources, keys };
  if (tags.length === 0) return [create];
  return [create, { action: 'ec2:CreateTags', resources, keys: { ...keys, 'ec2:CreateAction': operation } }];
}

const tagging =
  (action: string): Ec2Mapping =>
  (input: { Resources?: string[]; Tags?: { Key?: string; Value?: string }[] }, region) => [
    {
      action,
      resources: (input.Resources ?? []).map((id) => tagged(region, id)),
      keys: requestTagKeys(input.Tags),
    },
  ];

const volumeAndInstance = (action: string): Ec2Mapping =>
  onIds(action, (input: { VolumeId?: string; InstanceId?: string }, region) => [
    input.VolumeId,
    input.InstanceId ?? region.service.attachedInstance(input.VolumeId ?? ''),
  ]);

const instances = (action: string): Ec2Mapping =>
  onIds(action, (input: { InstanceIds?: string[] }) => input.InstanceIds ?? []);

const onSnapshot = (input: { SnapshotId?: string }) => [input.SnapshotId];

const DESCRIBES = [
  'DescribeInstances',
  'DescribeInstanceStatus',
  'DescribeInstanceTypes',
  'DescribeVolumes',
  'DescribeVolumesModifications',
  'DescribeVolumeStatus',
  'DescribeSnapshots',
  'DescribeLockedSnapshots',
  'DescribeTags',
  'DescribeRegions',
  'DescribeAvailabilityZones',
  'DescribeLaunchTemplates',
  'DescribeLaunchTemplateVersions',
  'DescribeAddresses',
  'DescribeSubnets',
  'DescribeImages',
  'DescribeSecurityGroups',
  'DescribeNetworkInterfaces',
];

export const permissions: Mappings<Ec2Facts> = {
  ...eachOnAnything('ec2', DESCRIBES),
  ModifyVolume: onIds('ec2:ModifyVolume', (input: { VolumeId?: string }) => [input.VolumeId]),
  AttachVolume: volumeAndInstance('ec2:AttachVolume'),
  DetachVolume: volumeAndInstance('ec2:DetachVolume'),
  CreateVolume: (input: { SnapshotId?: string; TagSpecifications?: TagSpecification[] }, region) => [
    ...creation('CreateVolume', 'volume', input, region),
    ...(input.SnapshotId === undefined
      ? []
      : [{ action: 'ec2:CreateVolume', resources: [tagged(region, input.SnapshotId)] }]),
  ],
  CreateSnapshot: (input: { VolumeId?: string; TagSpecifications?: TagSpecification[] }, region) => [
    ...creation('CreateSnapshot', 'snapshot', input, region),
    { action: 'ec2:CreateSnapshot', resources: [tagged(region, input.VolumeId ?? '')] },
  ],
  // The instance, each of its volumes that the request does not exclude, and the resulting snapshots.
  CreateSnapshots: (
    input: { InstanceSpecification?: SnapshotSource; TagSpecifications?: TagSpecification[] },
    region,
  ) => {
    const { InstanceId = '', ExcludeBootVolume = false, ExcludeDataVolumeIds = [] } = input.InstanceSpecification ?? {};
    const volumeIds = region.service
      .attachedVolumes(InstanceId)
      .filter(({ volumeId, isRoot }) => !(isRoot && ExcludeBootVolume) && !ExcludeDataVolumeIds.includes(volumeId))
      .map(({ volumeId }) => volumeId);
    return [
      ...creation('CreateSnapshots', 'snapshot', input, region),
      { action: 'ec2:CreateSnapshots', resources: [InstanceId, ...volumeIds].map((id) => tagged(region, id)) },
    ];
  },
  // The source is checked with its tags, and the copy as every new volume (AmazonEBSCSIDriverPolicyV2 has both).
  CopyVolumes: (input: { SourceVolumeId?: string; TagSpecifications?: TagSpecification[] }, region) => [
    ...creation('CopyVolumes', 'volume', input, region),
    { action: 'ec2:CopyVolumes', resources: [tagged(region, input.SourceVolumeId ?? '')] },
  ],
  LockSnapshot: (input: { SnapshotId?: string; LockDuration?: number; CoolOffPeriod?: number }, region) => {
    const { arn, keys } = tagged(region, input.SnapshotId ?? '');
    const lock: Keys = {
      ...(input.LockDuration !== undefined && { 'ec2:SnapshotLockDuration': String(input.LockDuration) }),
      ...(input.CoolOffPeriod !== undefined && { 'ec2:SnapshotCoolOffPeriod': String(input.CoolOffPeriod) }),
    };
    return [{ action: 'ec2:LockSnapshot', resources: [{ arn, keys: { ...keys, ...lock } }] }];
  },
  ModifySnapshotAttribute: onIds('ec2:ModifySnapshotAttribute', onSnapshot),
  DescribeSnapshotAttribute: onIds('ec2:DescribeSnapshotAttribute', onSnapshot),
  CopySnapshot: (input: { SourceSnapshotId?: string; TagSpecifications?: TagSpecification[] }, region) => [
    ...creation('CopySnapshot', 'snapshot', input, region),
    { action: 'ec2:CopySnapshot', resources: [tagged(region, input.SourceSnapshotId ?? '')] },
  ],
  UnlockSnapshot: onIds('ec2:UnlockSnapshot', (input: { SnapshotId?: string }) => [input.SnapshotId]),
  DeleteVolume: onIds('ec2:DeleteVolume', (input: { VolumeId?: string }) => [input.VolumeId]),
  DeleteSnapshot: onIds('ec2:DeleteSnapshot', (input: { SnapshotId?: string }) => [input.SnapshotId]),
  StartInstances: instances('ec2:StartInstances'),
  StopInstances: instances('ec2:StopInstances'),
  RebootInstances: instances('ec2:RebootInstances'),
  TerminateInstances: instances('ec2:TerminateInstances'),
  CreateTags: tagging('ec2:CreateTags'),
  DeleteTags: tagging('ec2:DeleteTags'),
};

/** EBS's KMS calls in its caller's name when it makes and attaches volumes: "Required permissions" for EBS encryption (EBS user guide). */
export function ebsKeyCheck(use: KeyUse, keyId: string, region: RegionIdentity): Check {
  const key = keyOf(keyId, region);
  const check = kmsCheck(`kms:${use}`, 'ec2', { arn: key.arn, key }, {}, region);
  // The grant is for EBS, which decrypts the volume's data key when the volume is attached.
  return use === 'CreateGrant' ? { ...check, keys: { ...check.keys, 'kms:GrantIsForAWSResource': 'true' } } : check;
}

const OF_EC2 = [...OF_TAGGED, 'ec2:ResourceTag/*'];
const OF_INSTANCE = [...OF_EC2, 'ec2:InstanceProfile', 'ec2:InstanceType', 'ec2:MetadataHttpTokens'];
const OF_SNAPSHOT = [...OF_EC2, 'ec2:Owner'];
const OF_PLACE = ['ec2:Subnet', 'ec2:Vpc'];
const OF_TAGS = [...OF_INSTANCE, ...OF_NEW, ...OF_PLACE, 'ec2:Owner'];

const EXISTING = [
  ...['DeleteVolume', 'DisassociateAddress', 'ModifyVolume'],
  ...['CreateLaunchTemplateVersion', 'ModifyLaunchTemplate'],
];
const SNAPSHOTS = ['DeleteSnapshot', 'DescribeSnapshotAttribute', 'ModifySnapshotAttribute', 'UnlockSnapshot'];
const INSTANCES = [
  ...['AttachVolume', 'DetachVolume', 'RebootInstances', 'StartInstances', 'StopInstances'],
  ...['DescribeInstanceAttribute', 'TerminateInstances'],
];
const INTERFACES = ['AssignPrivateIpAddresses', 'DeleteNetworkInterface', 'UnassignPrivateIpAddresses'];

export const conditionKeys = {
  ...sameKeys('ec2', [...DESCRIBES, 'DescribeVpcs'], []),
  ...sameKeys('ec2', EXISTING, OF_EC2),
  ...sameKeys('ec2', SNAPSHOTS, OF_SNAPSHOT),
  ...sameKeys('ec2', ['AllocateAddress', 'CreateLaunchTemplate'], OF_NEW),
  ...sameKeys('ec2', ['CreateSnapshot', 'CreateVolume', 'CopySnapshot'], [...OF_SNAPSHOT, ...OF_NEW]),
  ...sameKeys('ec2', INSTANCES, OF_INSTANCE),
  ...sameKeys('ec2', INTERFACES, [...OF_EC2, ...OF_PLACE]),
  'ec2:AssociateAddress': [...OF_INSTANCE, ...OF_PLACE],
  'ec2:CreateNetworkInterface': [...OF_EC2, ...OF_NEW, 'ec2:Vpc'],
  'ec2:CreateSnapshots': [...OF_INSTANCE, ...OF_NEW],
  'ec2:CopyVolumes': [...OF_EC2, ...OF_NEW],
  'ec2:CreateTags': [...OF_TAGS, 'ec2:CreateAction'],
  'ec2:DeleteTags': OF_TAGS,
  'ec2:LockSnapshot': [...OF_SNAPSHOT, 'ec2:SnapshotCoolOffPeriod', 'ec2:SnapshotLockDuration'],
  'ec2:ModifyInstanceAttribute': [...OF_INSTANCE, 'ec2:Attribute', 'ec2:Attribute/*', 'ec2:Vpc'],
  'ec2:RunInstances': [
    ...OF_INSTANCE,
    ...OF_NEW,
    ...OF_PLACE,
    ...['ec2:IsLaunchTemplateResource', 'ec2:LaunchTemplate', 'ec2:NetworkInterfaceID', 'ec2:Owner'],
  ],
};
