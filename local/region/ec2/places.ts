// What a first look at a region asks for: where it is, and that there are no snapshots here.
import type {
  DescribeAvailabilityZonesResult,
  DescribeRegionsResult,
  DescribeSnapshotsRequest,
  DescribeSnapshotsResult,
} from '@aws-sdk/client-ec2';
import type { Kernel } from '../kernel.ts';
import { AwsError, type Operation } from '../service.ts';

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
    DescribeSnapshots: ({ SnapshotIds }: DescribeSnapshotsRequest): DescribeSnapshotsResult => {
      const [asked] = SnapshotIds ?? [];
      if (asked !== undefined)
        throw new AwsError('InvalidSnapshot.NotFound', `The snapshot '${asked}' does not exist.`);
      return { Snapshots: [] };
    },
  };
}
