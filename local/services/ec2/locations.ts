// Locations as EC2 describes them: regions, Availability Zones and subnets.
import type {
  DescribeAvailabilityZonesResult,
  Subnet as DescribedSubnet,
  DescribeRegionsResult,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
} from '@aws-sdk/client-ec2';
import type { Operation } from '../../simulator/service.ts';
import { imageAndGroupOperations } from './images-groups.ts';
import type { Subnet } from './model.ts';
import { type FilterFields, filtered, paged, refuseDryRun } from './query.ts';
import type { Ec2State } from './state.ts';
import { addressesInUse, isIn, usableAddresses } from './subnets.ts';

const ZONES = ['a', 'b', 'c'] as const;

export function locationOperations(state: Ec2State): Record<string, Operation> {
  const { kernel } = state;
  return {
    ...subnetOperations(state),
    ...imageAndGroupOperations(state),
    DescribeAvailabilityZones: (): DescribeAvailabilityZonesResult => ({
      AvailabilityZones: ZONES.map((letter, index) => ({
        ZoneName: `${kernel.regionName}${letter}`,
        ZoneId: `euw1-az${index + 1}`,
        RegionName: kernel.regionName,
        State: 'available',
        ZoneType: 'availability-zone',
        OptInStatus: 'opt-in-not-required',
        Messages: [],
      })),
    }),
    DescribeRegions: (): DescribeRegionsResult => ({
      Regions: [
        {
          RegionName: kernel.regionName,
          Endpoint: `ec2.${kernel.regionName}.amazonaws.com`,
          OptInStatus: 'opt-in-not-required',
        },
      ],
    }),
  };
}

const FIELDS: FilterFields<Subnet> = {
  'availability-zone': (subnet) => [subnet.availabilityZone],
  'cidr-block': (subnet) => [subnet.cidrBlock],
  'default-for-az': (subnet) => [subnet.isDefault],
  state: () => ['available'],
  'subnet-id': (subnet) => [subnet.subnetId],
  'vpc-id': (subnet) => [subnet.vpcId],
};

function subnetOperations(state: Ec2State): Record<string, Operation> {
  const described = (subnet: Subnet): DescribedSubnet => {
    const taken = [...addressesInUse(state, subnet.vpcId)].filter((address) => isIn(subnet.cidrBlock, address));
    return {
      SubnetId: subnet.subnetId,
      SubnetArn: state.arn('subnet', subnet.subnetId),
      VpcId: subnet.vpcId,
      AvailabilityZone: subnet.availabilityZone,
      CidrBlock: subnet.cidrBlock,
      AvailableIpAddressCount: usableAddresses(subnet.cidrBlock) - taken.length,
      MapPublicIpOnLaunch: subnet.mapPublicIp,
      DefaultForAz: subnet.isDefault,
      State: 'available',
      OwnerId: state.kernel.accountId,
      Tags: [...subnet.tags],
    };
  };
  state.taggables.set('subnet', {
    type: 'subnet',
    tagsOf: (id) => state.subnets.find(id).tags,
    setTags: (id, tags) => state.subnets.add({ ...state.subnets.find(id), tags }),
    all: () => state.subnets.all().map(({ subnetId, tags }) => ({ id: subnetId, tags })),
  });
  return {
    DescribeSubnets: (input: DescribeSubnetsRequest): DescribeSubnetsResult => {
      refuseDryRun(input);
      const chosen = input.SubnetIds?.length
        ? input.SubnetIds.map((id) => state.subnets.find(id))
        : state.subnets.all();
      const { items, ...rest } = paged(
        filtered(chosen, input.Filters, FIELDS, ({ tags }) => tags),
        input,
        { min: 5, max: 1_000 },
      );
      return { Subnets: items.map(described), ...rest };
    },
  };
}
