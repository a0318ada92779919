// The AWS managed policies that a template may attach, with their text from the AWS Managed Policy Reference.
import { ownValue } from '../../simulator/own-properties.ts';
import { notEmulated } from '../../simulator/service.ts';
import type { PolicyDocument } from './policy.ts';

const allowEverywhere = (actions: readonly string[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
});

const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

const POLICIES: Readonly<Record<string, PolicyDocument>> = {
  'service-role/AWSLambdaBasicExecutionRole': allowEverywhere(LOGS),
  'service-role/AWSLambdaBasicDurableExecutionRolePolicy': allowEverywhere([
    ...LOGS,
    'lambda:CheckpointDurableExecution',
    'lambda:GetDurableExecutionState',
  ]),
  'service-role/AWSLambdaVPCAccessExecutionRole': allowEverywhere([
    ...LOGS,
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ]),
  AWSXRayDaemonWriteAccess: allowEverywhere([
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ]),
};

/** Throws NotImplemented for a policy whose text the region does not have. */
export function managedPolicy(arn: string): PolicyDocument {
  const name = arn.replace('arn:aws:iam::aws:policy/', '');
  const document = ownValue(POLICIES, name);
  if (document === undefined) throw notEmulated(`the AWS managed policy ${name}: its text is not in iam/managed.ts`);
  return document;
}
