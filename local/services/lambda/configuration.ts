// How Lambda describes a function.
import type { FunctionConfiguration, VpcConfigResponse } from '@aws-sdk/client-lambda';
import type { FunctionVpc } from '../../simulator/lambda-runtime/environment.ts';
import type { LambdaFunction } from './functions.ts';

/** The response of GetFunctionConfiguration; the ARN has the requested qualifier. */
export function describe(fn: LambdaFunction, functionArn: string): FunctionConfiguration {
  return {
    FunctionName: fn.functionName,
    FunctionArn: functionArn,
    Runtime: fn.runtime as NonNullable<FunctionConfiguration['Runtime']>,
    Role: fn.roleArn,
    Handler: fn.handler,
    CodeSize: [fn.code, ...(fn.code.others?.values() ?? [])].reduce(
      (sum, { source }) => sum + Buffer.byteLength(source),
      0,
    ),
    CodeSha256: fn.code.sha256,
    Description: fn.description,
    Timeout: fn.timeoutSeconds,
    MemorySize: fn.memoryMiB,
    LastModified: new Date(fn.modifiedAtMs).toISOString().replace('Z', '+0000'),
    Version: fn.version,
    Environment: { Variables: { ...fn.environment } },
    PackageType: 'Zip',
    Architectures: [fn.architecture as 'arm64' | 'x86_64'],
    State: 'Active',
    LastUpdateStatus: 'Successful',
    LoggingConfig: { LogGroup: fn.logGroup },
    ...(fn.deadLetterArn === undefined ? {} : { DeadLetterConfig: { TargetArn: fn.deadLetterArn } }),
    ...(fn.durable === undefined ? {} : { DurableConfig: fn.durable }),
    ...(fn.vpc === undefined ? {} : { VpcConfig: describeVpc(fn.vpc) }),
  };
}

const describeVpc = ({ vpcId, subnetIds, securityGroupIds }: FunctionVpc): VpcConfigResponse => ({
  VpcId: vpcId,
  SubnetIds: [...subnetIds],
  SecurityGroupIds: [...securityGroupIds],
});
