// What an instance type has. Apart from instances.ts: the answer's shape is the largest of all, and most heals never ask.
import { DescribeInstanceTypesCommand, type EC2Client, type _InstanceType as InstanceType } from '@aws-sdk/client-ec2';

/** The disks of an instance type never change: read once in the life of a sandbox. */
const storeOfType = new Map<string, boolean>();

/**
 * Whether instances of this type have disks whose data "persists only during the life of the associated instance": a stop loses them.
 * `InstanceStorageSupported` of InstanceTypeInfo.
 */
export async function hasInstanceStore(ec2: EC2Client, type: string): Promise<boolean> {
  const known = storeOfType.get(type);
  if (known !== undefined) return known;
  const { InstanceTypes = [] } = await ec2.send(
    new DescribeInstanceTypesCommand({ InstanceTypes: [type as InstanceType] }),
  );
  const supported = InstanceTypes[0]?.InstanceStorageSupported;
  if (supported === undefined) throw new Error(`DescribeInstanceTypes says nothing of the instance store of ${type}`);
  storeOfType.set(type, supported);
  return supported;
}
