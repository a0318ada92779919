// Facts about instance types that a healer needs: whether they have instance store, how many vCPUs, and how much of EBS they can use. Sources: doc comments of DescribeInstanceTypes in
// @aws-sdk/client-ec2; "Amazon EC2 instance type naming conventions": the letter d among the attributes means instance store volumes.
import type { DescribeInstanceTypesRequest, DescribeInstanceTypesResult, InstanceTypeInfo } from '@aws-sdk/client-ec2';
import { AwsError, notEmulated, type Operation } from '../../simulator/service.ts';
import { refuseDryRun } from './query.ts';

/** Families of storage-optimized instances: they have instance store without the letter d. */
const STORAGE_FAMILIES = /^(i\d|d\d|h1|im\d|is\d)/;
/** Family, generation, attributes, size: m6id.large is m, 6, id, large. */
const TYPE = /^([a-z]+?)(\d+)([a-z-]*)\.([0-9a-z-]+)$/;

export function hasInstanceStore(instanceType: string): boolean {
  const [, , , attributes = ''] = TYPE.exec(instanceType) ?? [];
  return STORAGE_FAMILIES.test(instanceType) || attributes.includes('d');
}

/** By the size: "large" has two, "xlarge" four, "4xlarge" sixteen; smaller sizes have at most two. */
export function vcpusOf(instanceType: string): number {
  const [, , , , size = ''] = TYPE.exec(instanceType) ?? [];
  if (size === 'xlarge') return 4;
  const times = Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? 0);
  return times > 0 ? 4 * times : size.startsWith('metal') ? 96 : 2;
}

interface EbsBaseline {
  readonly iops: number;
  readonly megabytesPerSecond: number;
}

/**
 * What one can use of EBS for as long as it runs, by its size ("Amazon EBS specifications", EC2 instance types: the figures of m6a and m6i); the smaller
 * ones may burst for half an hour a day. undefined: of this family nothing is known, and nothing is bounded.
 */
const ebsBaselineOf = (instanceType: string): EbsBaseline | undefined => {
  const [, family, generation, , size = ''] = TYPE.exec(instanceType) ?? [];
  return family === 'm' && generation === '6' ? EBS_BASELINES.get(size) : undefined;
};

const EBS_BASELINES: ReadonlyMap<string, EbsBaseline> = new Map([
  ['large', { iops: 3_600, megabytesPerSecond: 81.25 }],
  ['xlarge', { iops: 6_000, megabytesPerSecond: 156.25 }],
  ['2xlarge', { iops: 12_000, megabytesPerSecond: 312.5 }],
  ['4xlarge', { iops: 20_000, megabytesPerSecond: 625 }],
  ['8xlarge', { iops: 40_000, megabytesPerSecond: 1_250 }],
  ['12xlarge', { iops: 60_000, megabytesPerSecond: 1_875 }],
  ['16xlarge', { iops: 80_000, megabytesPerSecond: 2_500 }],
]);

/** What EBS gives all volumes of such an instance together; undefined: no bound is known. */
export function ebsLimitOf(
  instanceType: string,
): { readonly iops: number; readonly throughputMiBps: number } | undefined {
  const baseline = ebsBaselineOf(instanceType);
  return baseline && { iops: baseline.iops, throughputMiBps: (baseline.megabytesPerSecond * 1e6) / 2 ** 20 };
}

/** Any name of EC2's form is a type here. Throws EC2's error for another. */
export function checkType(instanceType: string): void {
  if (TYPE.test(instanceType)) return;
  throw new AwsError('InvalidParameterValue', `Invalid value '${instanceType}' for InstanceType.`);
}

function ebsInfoOf(instanceType: string): Pick<InstanceTypeInfo, 'EbsInfo'> {
  const baseline = ebsBaselineOf(instanceType);
  if (baseline === undefined) return {};
  const EbsOptimizedInfo = {
    BaselineBandwidthInMbps: baseline.megabytesPerSecond * 8,
    BaselineThroughputInMBps: baseline.megabytesPerSecond,
    BaselineIops: baseline.iops,
  };
  return { EbsInfo: { EbsOptimizedSupport: 'default', EbsOptimizedInfo } };
}

export function instanceTypeOperations(): Record<string, Operation> {
  return {
    DescribeInstanceTypes: (input: DescribeInstanceTypesRequest): DescribeInstanceTypesResult => {
      refuseDryRun(input);
      const { InstanceTypes = [] } = input;
      if (InstanceTypes.length === 0) throw notEmulated('DescribeInstanceTypes without InstanceTypes');
      const unknown = InstanceTypes.filter((type) => !TYPE.test(type));
      if (unknown.length > 0) {
        throw new AwsError(
          'InvalidInstanceType',
          `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
        );
      }
      return {
        InstanceTypes: InstanceTypes.map((InstanceType) => ({
          InstanceType,
          InstanceStorageSupported: hasInstanceStore(InstanceType),
          VCpuInfo: { DefaultVCpus: vcpusOf(InstanceType) },
          ...ebsInfoOf(InstanceType),
          CurrentGeneration: true,
          SupportedRootDeviceTypes: ['ebs'],
          SupportedUsageClasses: ['on-demand', 'spot'],
        })),
      };
    },
  };
}
