// Images and security groups, as far as instances have them: the region keeps no disk of an image and filters no packet. Sources: doc comments of
// DescribeImages and DescribeSecurityGroups in @aws-sdk/client-ec2; "Default security groups for your VPCs" (VPC user guide): the default group admits
// all traffic from its own members.
import type {
  DescribeImagesRequest,
  DescribeImagesResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
  Image,
  SecurityGroup,
} from '@aws-sdk/client-ec2';
import { AwsError, type Operation } from '../../simulator/service.ts';
import { type FilterFields, filtered, paged, refuseDryRun } from './query.ts';
import type { Ec2State } from './state.ts';
import { SECURITY_GROUP_ID, VPC_ID } from './subnets.ts';

const IMAGE_FIELDS: FilterFields<Image> = {
  'image-id': ({ ImageId }) => [ImageId],
  name: ({ Name }) => [Name],
  state: ({ State }) => [State],
};

const GROUP_FIELDS: FilterFields<SecurityGroup> = {
  'group-id': ({ GroupId }) => [GroupId],
  'group-name': ({ GroupName }) => [GroupName],
  'vpc-id': ({ VpcId }) => [VpcId],
};

export function imageAndGroupOperations(state: Ec2State): Record<string, Operation> {
  const images = (): Image[] =>
    [...new Set(state.instances.all().map(({ imageId }) => imageId))].sort().map((imageId) => ({
      ...{ ImageId: imageId, Name: `image-${imageId.slice(-8)}`, State: 'available', Public: false },
      OwnerId: state.kernel.accountId,
    }));
  const groups = (): SecurityGroup[] =>
    [
      ...new Set([
        SECURITY_GROUP_ID,
        ...state.instances.all().flatMap(({ networkInterface }) => networkInterface?.securityGroupIds ?? []),
      ]),
    ]
      .sort()
      .map((groupId) => groupOf(groupId, state.kernel.accountId));
  return {
    DescribeImages: (input: DescribeImagesRequest): DescribeImagesResult => {
      refuseDryRun(input);
      const chosen = named(images(), input.ImageIds, 'ImageId', 'InvalidAMIID.NotFound', 'image id');
      const { items, ...rest } = paged(
        filtered(chosen, input.Filters, IMAGE_FIELDS, () => []),
        input,
        {
          min: 1,
          max: 1_000,
        },
      );
      return { Images: [...items], ...rest };
    },
    DescribeSecurityGroups: (input: DescribeSecurityGroupsRequest): DescribeSecurityGroupsResult => {
      refuseDryRun(input);
      const chosen = named(groups(), input.GroupIds, 'GroupId', 'InvalidGroup.NotFound', 'security group');
      const { items, ...rest } = paged(
        filtered(chosen, input.Filters, GROUP_FIELDS, () => []),
        input,
        {
          min: 5,
          max: 1_000,
        },
      );
      return { SecurityGroups: [...items], ...rest };
    },
  };
}

const groupOf = (GroupId: string, OwnerId: string): SecurityGroup => ({
  ...{ GroupId, OwnerId, VpcId: VPC_ID },
  ...(GroupId === SECURITY_GROUP_ID
    ? {
        ...{ GroupName: 'default', Description: 'default VPC security group' },
        IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId, UserId: OwnerId }] }],
      }
    : { GroupName: `group-${GroupId.slice(-8)}`, Description: 'of an instance', IpPermissions: [] }),
});

/** Those of these ids, or all. Throws EC2's error for an id that there is not. */
function named<T, Key extends keyof T>(
  all: readonly T[],
  ids: readonly string[] | undefined,
  key: Key,
  code: string,
  what: string,
): readonly T[] {
  if (!ids?.length) return all;
  return ids.map((id) => {
    const found = all.find((one) => one[key] === id);
    if (found === undefined) throw new AwsError(code, `The ${what} '[${id}]' does not exist`);
    return found;
  });
}
