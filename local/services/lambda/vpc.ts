// The network of a function: the VPC of its subnets, or none.
import type { VpcConfig } from '@aws-sdk/client-lambda';
import type { FunctionVpc } from '../../simulator/lambda-runtime/environment.ts';
import { AwsError, notEmulated } from '../../simulator/service.ts';

/** The VPC of a subnet; undefined if the subnet does not exist. */
export type VpcOf = (subnetId: string) => string | undefined;

/**
 * @returns undefined if the function has no VPC: absent, or both lists empty ("VpcConfig" of UpdateFunctionConfiguration)
 * @throws AwsError with Lambda's answer; texts as in aws/aws-sdk-js#1293 and motdotla/node-lambda#162
 */
export function functionVpc(config: VpcConfig | undefined, vpcOf: VpcOf): FunctionVpc | undefined {
  const { SubnetIds: subnetIds = [], SecurityGroupIds: securityGroupIds = [], Ipv6AllowedForDualStack } = config ?? {};
  if (Ipv6AllowedForDualStack) throw notEmulated('VpcConfig.Ipv6AllowedForDualStack');
  if (subnetIds.length === 0 && securityGroupIds.length === 0) return undefined;
  if (subnetIds.length === 0 || securityGroupIds.length === 0) {
    throw invalidVpc('SubnetIds and SecurityIds must coexist or be both empty list.');
  }
  const vpcIds = new Set(
    subnetIds.map((subnetId) => {
      const vpcId = vpcOf(subnetId);
      if (vpcId === undefined) {
        throw invalidVpc(
          `Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID '${subnetId}' does not exist`,
        );
      }
      return vpcId;
    }),
  );
  const [vpcId, ...others] = vpcIds;
  if (vpcId === undefined || others.length > 0) {
    throw invalidVpc(`VpcConfig.SubnetIds: expected subnets of one VPC, got those of ${[...vpcIds].join(', ')}`);
  }
  return { vpcId, subnetIds, securityGroupIds };
}

const invalidVpc = (message: string): AwsError =>
  new AwsError('InvalidParameterValueException', message, { data: { Type: 'User' } });
