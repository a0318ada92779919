// Locations as EC2 describes them: regions, Availability Zones and subnets.
import type {
  AvailabilityZone,
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
  Region as DescribedRegion,
  Subnet as DescribedSubnet,
  DescribeRegionsRequest,
  DescribeRegionsResult,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
} from '@aws-sdk/client-ec2';
import { AwsError, notEmulated, type Operation } from '../../simulator/service.ts';
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
    // `AllAvailabilityZones` and `AllRegions` make no difference: nobody has to opt in to what is here.
    DescribeAvailabilityZones: (input: DescribeAvailabilityZonesRequest): DescribeAvailabilityZonesResult => {
      refuseDryRun(input);
      const zones: AvailabilityZone[] = ZONES.map((letter, index) => ({
        ZoneName: `${kernel.regionName}${letter}`,
        ZoneId: `euw1-az${index + 1}`,
        RegionName: kernel.regionName,
        State: 'available',
        ZoneType: 'availability-zone',
        OptInStatus: 'opt-in-not-required',
        Messages: [],
      }));
      const named = zonesOf(zones, 'ZoneName', input.ZoneNames);
      return { AvailabilityZones: filtered(zonesOf(named, 'ZoneId', input.ZoneIds), input.Filters, ZONE, () => []) };
    },
    DescribeRegions: (input: DescribeRegionsRequest): DescribeRegionsResult => {
      refuseDryRun(input);
      const other = input.RegionNames?.find((name) => name !== kernel.regionName);
      if (other !== undefined) throw notEmulated(`the region ${other}; it is ${kernel.regionName}`);
      const region: DescribedRegion = {
        RegionName: kernel.regionName,
        Endpoint: `ec2.${kernel.regionName}.amazonaws.com`,
        OptInStatus: 'opt-in-not-required',
      };
      return { Regions: filtered([region], input.Filters, REGION, () => []) };
    },
  };
}

const ZONE: FilterFields<AvailabilityZone> = {
  'opt-in-status': ({ OptInStatus }) => [OptInStatus],
  'region-name': ({ RegionName }) => [RegionName],
  state: ({ State }) => [State],
  'zone-id': ({ ZoneId }) => [ZoneId],
  'zone-name': ({ ZoneName }) => [ZoneName],
  'zone-type': ({ ZoneType }) => [ZoneType],
};

const REGION: FilterFields<DescribedRegion> = {
  endpoint: ({ Endpoint }) => [Endpoint],
  'opt-in-status': ({ OptInStatus }) => [OptInStatus],
  'region-name': ({ RegionName }) => [RegionName],
};

function zonesOf(
  zones: readonly AvailabilityZone[],
  by: 'ZoneName' | 'ZoneId',
  asked: readonly string[] | undefined,
): readonly AvailabilityZone[] {
  if (!asked?.length) return zones;
  const strange = asked.find((name) => !zones.some((zone) => zone[by] === name));
  if (strange !== undefined) throw new AwsError('InvalidParameterValue', `Invalid availability zone: [${strange}]`);
  return zones.filter((zone) => asked.includes(zone[by] ?? ''));
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
