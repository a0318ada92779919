// One instance as EC2 tells it now.
import { DescribeInstancesCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2';

/** By a filter, so that an instance that is gone is undefined and not an error. */
export async function readInstance(ec2: EC2Client, instanceId: string): Promise<Instance | undefined> {
  const byId = { Filters: [{ Name: 'instance-id', Values: [instanceId] }] };
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(byId));
  return Reservations[0]?.Instances?.[0];
}
