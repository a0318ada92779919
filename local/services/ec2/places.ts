// What a first look at a region asks for: where it is.
import type { DescribeAvailabilityZonesResult, DescribeRegionsResult } from '@aws-sdk/client-ec2';
import type { Kernel } from '../../simulator/kernel.ts';
import type { Operation } from '../../simulator/service.ts';

const ZONES = ['a', 'b', 'c'] as const;

export function placeOperations(kernel: Kernel): Record<string, Operation> {
  return {
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
