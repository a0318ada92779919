// Facts about instance types that a healer needs: whether they have instance store. Sources: doc comments of DescribeInstanceTypes in
// @aws-sdk/client-ec2; "Amazon EC2 instance type naming conventions": the letter d among the attributes means instance store volumes.
import type { DescribeInstanceTypesRequest, DescribeInstanceTypesResult } from '@aws-sdk/client-ec2';
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

/** Any name of EC2's form is a type here. Throws EC2's error for another. */
export function checkType(instanceType: string): void {
  if (TYPE.test(instanceType)) return;
  throw new AwsError('InvalidParameterValue', `Invalid value '${instanceType}' for InstanceType.`);
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
          CurrentGeneration: true,
          SupportedRootDeviceTypes: ['ebs'],
          SupportedUsageClasses: ['on-demand', 'spot'],
        })),
      };
    },
  };
}
