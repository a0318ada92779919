// Reads what belongs to instances in EC2, EBS, Auto Scaling and Data Lifecycle Manager, for `chainmend adopt`.
import { type AutoScalingClient, paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling';
import { type DLMClient, GetLifecyclePoliciesCommand, GetLifecyclePolicyCommand } from '@aws-sdk/client-dlm';
import {
  DescribeAddressesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  paginateDescribeImages,
  paginateDescribeLaunchTemplates,
  paginateDescribeSecurityGroups,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import { hasInstanceStore } from '../../../shared/aws/instance-types.ts';
import type { ReadOut } from './read-out.ts';

type Part<Key extends keyof ReadOut> = Promise<ReadOut[Key]>;

/** "The maximum number of filter values is 200" (EC2 API reference, "Filtering"). */
const IDS_A_REQUEST = 200;

export const tagsOf = (
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = [],
): Record<string, string> => Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));

export async function elasticAddresses(ec2: EC2Client): Promise<readonly string[]> {
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
  return Addresses.flatMap(({ PublicIp }) => PublicIp ?? []);
}

/** So many ids at a time as one request takes. */
async function inParts<T>(
  ids: readonly string[],
  read: (part: string[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let at = 0; at < ids.length; at += IDS_A_REQUEST) all.push(...(await read(ids.slice(at, at + IDS_A_REQUEST))));
  return all;
}

export const volumesOf = (ec2: EC2Client, ids: readonly string[]): Part<'volumes'> =>
  inParts(ids, async (Values) => {
    const all: ReadOut['volumes'][number][] = [];
    for await (const { Volumes = [] } of paginateDescribeVolumes(
      { client: ec2 },
      { Filters: [{ Name: 'volume-id', Values }] },
    ))
      for (const one of Volumes)
        all.push({
          volumeId: one.VolumeId ?? '',
          sizeGiB: one.Size ?? 0,
          type: one.VolumeType ?? '',
          iops: one.Iops ?? null,
          throughputMiBps: one.Throughput ?? null,
          encrypted: one.Encrypted ?? false,
          snapshotId: one.SnapshotId ?? '',
          tags: tagsOf(one.Tags),
        });
    return all;
  });

export const imagesOf = (ec2: EC2Client, ids: readonly string[]): Part<'images'> =>
  inParts(ids, async (Values) => {
    const all: ReadOut['images'][number][] = [];
    for await (const { Images = [] } of paginateDescribeImages(
      { client: ec2 },
      { Filters: [{ Name: 'image-id', Values }] },
    ))
      for (const { ImageId = '', Name = '' } of Images) all.push({ imageId: ImageId, name: Name });
    return all;
  });

export const securityGroupsOf = (ec2: EC2Client, ids: readonly string[]): Part<'securityGroups'> =>
  inParts(ids, async (Values) => {
    const all: ReadOut['securityGroups'][number][] = [];
    for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups(
      { client: ec2 },
      { Filters: [{ Name: 'group-id', Values }] },
    ))
      for (const { GroupId = '', GroupName = '', IpPermissions = [] } of SecurityGroups) {
        // Without ports: every protocol, or ICMP, whose "ports" are types.
        const ports = IpPermissions.flatMap(({ IpProtocol = '', FromPort, ToPort }) =>
          (IpProtocol === 'tcp' || IpProtocol === 'udp') && FromPort !== undefined && ToPort !== undefined
            ? [{ protocol: IpProtocol, from: FromPort, to: ToPort }]
            : [],
        );
        all.push({ groupId: GroupId, name: GroupName, ports });
      }
    return all;
  });

export const templatesOf = (ec2: EC2Client, ids: readonly string[]): Part<'launchTemplates'> =>
  inParts(ids, async (part) => {
    const all: ReadOut['launchTemplates'][number][] = [];
    for await (const { LaunchTemplates = [] } of paginateDescribeLaunchTemplates(
      { client: ec2 },
      { LaunchTemplateIds: part },
    ))
      for (const { LaunchTemplateId = '', LaunchTemplateName = '', Tags } of LaunchTemplates) {
        const { LaunchTemplateVersions = [] } = await ec2.send(
          new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: ['$Default'] }),
        );
        const data = LaunchTemplateVersions[0]?.LaunchTemplateData;
        const ofInstance = data?.TagSpecifications?.find(({ ResourceType }) => ResourceType === 'instance');
        all.push({
          ...{ templateId: LaunchTemplateId, name: LaunchTemplateName, tags: tagsOf(Tags) },
          hasProfile: data?.IamInstanceProfile !== undefined,
          // What they are may be a secret: it is not read out.
          hasUserData: (data?.UserData ?? '') !== '',
          instanceTags: tagsOf(ofInstance?.Tags),
        });
      }
    return all;
  });

export async function scalingGroupsOf(client: AutoScalingClient, ids: ReadonlySet<string>): Part<'scalingGroups'> {
  const all: ReadOut['scalingGroups'][number][] = [];
  for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups({ client }, {}))
    for (const group of AutoScalingGroups) {
      const instanceIds = (group.Instances ?? []).flatMap(({ InstanceId = '' }) =>
        ids.has(InstanceId) ? [InstanceId] : [],
      );
      if (instanceIds.length === 0) continue;
      all.push({
        ...{ name: group.AutoScalingGroupName ?? '', minSize: group.MinSize ?? 0, maxSize: group.MaxSize ?? 0 },
        ...{ templateId: group.LaunchTemplate?.LaunchTemplateId ?? null, instanceIds },
      });
    }
  return all;
}

export const snapshotsOf = (ec2: EC2Client, ids: readonly string[]): Part<'snapshots'> =>
  inParts(ids, async (Values) => {
    const all: ReadOut['snapshots'][number][] = [];
    const input = { OwnerIds: ['self'], Filters: [{ Name: 'volume-id', Values }] };
    for await (const { Snapshots = [] } of paginateDescribeSnapshots({ client: ec2, pageSize: 1_000 }, input))
      for (const one of Snapshots) {
        const tags = tagsOf(one.Tags);
        all.push({
          ...{ snapshotId: one.SnapshotId ?? '', volumeId: one.VolumeId ?? '', tags },
          startedAt: (one.StartTime ?? new Date(0)).toISOString(),
          completed: one.State === 'completed',
          // "aws:dlm:lifecycle-policy-id": a tag that Data Lifecycle Manager sets ("Amazon Data Lifecycle Manager", EBS user guide).
          policyId: tags['aws:dlm:lifecycle-policy-id'] ?? null,
        });
      }
    return all;
  });

export async function policiesOf(dlm: DLMClient): Part<'lifecyclePolicies'> {
  const all: ReadOut['lifecyclePolicies'][number][] = [];
  const { Policies = [] } = await dlm.send(new GetLifecyclePoliciesCommand({}));
  for (const { PolicyId = '', State } of Policies) {
    const { Policy } = await dlm.send(new GetLifecyclePolicyCommand({ PolicyId }));
    const { TargetTags, Schedules = [] } = Policy?.PolicyDetails ?? {};
    const copiesTags = Schedules.some(({ CopyTags }) => CopyTags === true);
    all.push({ policyId: PolicyId, enabled: State === 'ENABLED', copiesTags, targetTags: tagsOf(TargetTags) });
  }
  return all;
}

export async function withInstanceStore(ec2: EC2Client, types: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const type of types) if (await hasInstanceStore(ec2, type)) found.push(type);
  return found;
}
