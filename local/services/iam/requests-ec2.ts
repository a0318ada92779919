// "Actions, resources, and condition keys for Amazon EC2" (Service Authorization Reference), as far as the region has EC2.

import { own } from '../../simulator/own.ts';
import {
  type Check,
  type Keys,
  type Mapping,
  type Mappings,
  onAnything,
  type Region,
  type Resource,
  requestTagKeys,
  resourceTagKeys,
} from './check.ts';

export interface TagSpecification {
  readonly ResourceType?: string;
  readonly Tags?: readonly { Key?: string; Value?: string }[];
}

interface SnapshotSource {
  readonly InstanceId?: string;
  readonly ExcludeBootVolume?: boolean;
  readonly ExcludeDataVolumeIds?: readonly string[];
}

const KINDS: Readonly<Record<string, string>> = {
  vol: 'volume',
  i: 'instance',
  snap: 'snapshot',
  ami: 'image',
  lt: 'launch-template',
  eipalloc: 'elastic-ip',
  eni: 'network-interface',
  subnet: 'subnet',
  sg: 'security-group',
};
const WITHOUT_ACCOUNT: ReadonlySet<string> = new Set(['snapshot', 'image']);

/** vol-0123… → arn:aws:ec2:eu-west-1:111122223333:volume/vol-0123…; snapshots and images carry no account. */
export function ec2Arn(region: Pick<Region, 'accountId' | 'regionName'>, id: string): string {
  const kind = own(KINDS, id.slice(0, id.indexOf('-')));
  if (kind === undefined) throw new Error(`iam: what kind of EC2 resource ${id} is, is not known`);
  return kindArn(region, kind, id);
}

export const kindArn = (
  { accountId, regionName }: Pick<Region, 'accountId' | 'regionName'>,
  kind: string,
  id: string,
): string => `arn:aws:ec2:${regionName}:${WITHOUT_ACCOUNT.has(kind) ? '' : accountId}:${kind}/${id}`;

export const tagged = (region: Region, id: string): Resource => {
  const arn = ec2Arn(region, id);
  return {
    arn,
    keys: { ...resourceTagKeys(region, arn, 'aws:ResourceTag', 'ec2:ResourceTag'), ...region.facts.ec2Keys(id) },
  };
};

export const onIds =
  (action: string, idsOf: (input: never, region: Region) => readonly (string | undefined)[]): Mapping =>
  (input, region) => [
    {
      action,
      resources: idsOf(input as never, region)
        .filter((id) => id !== undefined)
        .map((id) => tagged(region, id)),
    },
  ];

/** Creating something with tags needs the creation on the new resource, and ec2:CreateTags with ec2:CreateAction. */
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
  (action: string): Mapping =>
  (input: { Resources?: string[]; Tags?: { Key?: string; Value?: string }[] }, region) => [
    {
      action,
      resources: (input.Resources ?? []).map((id) => tagged(region, id)),
      keys: requestTagKeys(input.Tags),
    },
  ];

const volumeAndInstance = (action: string): Mapping =>
  onIds(action, (input: { VolumeId?: string; InstanceId?: string }, region) => [
    input.VolumeId,
    input.InstanceId ?? region.facts.attachedInstance(input.VolumeId ?? ''),
  ]);

const instances = (action: string): Mapping =>
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
];

export const ec2Requests: Mappings = {
  ...Object.fromEntries(DESCRIBES.map((operation) => [operation, onAnything(`ec2:${operation}`)])),
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
  // The instance, each of its volumes that the request does not leave out, and the snapshots that come of them.
  CreateSnapshots: (
    input: { InstanceSpecification?: SnapshotSource; TagSpecifications?: TagSpecification[] },
    region,
  ) => {
    const { InstanceId = '', ExcludeBootVolume = false, ExcludeDataVolumeIds = [] } = input.InstanceSpecification ?? {};
    const volumeIds = region.facts
      .attachedVolumes(InstanceId)
      .filter(({ volumeId, isRoot }) => !(isRoot && ExcludeBootVolume) && !ExcludeDataVolumeIds.includes(volumeId))
      .map(({ volumeId }) => volumeId);
    return [
      ...creation('CreateSnapshots', 'snapshot', input, region),
      { action: 'ec2:CreateSnapshots', resources: [InstanceId, ...volumeIds].map((id) => tagged(region, id)) },
    ];
  },
  // The source is asked for with its tags, and the copy as every new volume (AmazonEBSCSIDriverPolicyV2 has both).
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
