// What each request asks IAM for: actions, resources and condition keys, by service.
import type { Kernel } from '../../simulator/kernel.ts';
import { own } from '../../simulator/own.ts';
import type { Check, Facts, Mappings } from './check.ts';
import { autoscalingRequests } from './requests-autoscaling.ts';
import { cloudwatchRequests } from './requests-cloudwatch.ts';
import { dlmRequests } from './requests-dlm.ts';
import { dynamodbRequests } from './requests-dynamodb.ts';
import { ec2Requests } from './requests-ec2.ts';
import { ec2LaunchRequests } from './requests-ec2-launch.ts';
import { loadBalancingRequests } from './requests-elasticloadbalancing.ts';
import { ebsKeyRequests, kmsRequests } from './requests-kms.ts';
import { lambdaRequests } from './requests-lambda.ts';
import { messagingRequests } from './requests-messaging.ts';
import { route53Requests } from './requests-route53.ts';
import { secretsmanagerRequests } from './requests-secretsmanager.ts';
import { ssmRequests } from './requests-ssm.ts';

/** Under this name the region asks what EC2 asks KMS for in its caller's name. */
export const EBS_KEYS = 'ec2 of kms';

const SERVICES: Readonly<Record<string, Mappings>> = {
  autoscaling: autoscalingRequests,
  ec2: { ...ec2Requests, ...ec2LaunchRequests },
  elasticloadbalancing: loadBalancingRequests,
  ssm: ssmRequests,
  dynamodb: dynamodbRequests,
  lambda: lambdaRequests,
  monitoring: cloudwatchRequests,
  route53: route53Requests,
  secretsmanager: secretsmanagerRequests,
  dlm: dlmRequests,
  kms: kmsRequests,
  [EBS_KEYS]: ebsKeyRequests,
  ...messagingRequests,
};

/** Whether it is known what an operation asks IAM for. */
export const isMapped = (service: string, operation: string): boolean =>
  own(own(SERVICES, service) ?? {}, operation) !== undefined;

/**
 * The checks of a request. `service` is the signing name. Throws an Error when nobody has said what the operation needs:
 * that is a gap in the region, and never an allow.
 */
export function checksOf(
  kernel: Pick<Kernel, 'accountId' | 'regionName'>,
  facts: Facts,
  service: string,
  operation: string,
  input: object,
): readonly Check[] {
  const mapping = own(own(SERVICES, service) ?? {}, operation);
  if (mapping === undefined) {
    throw new Error(
      `iam: what ${service} ${operation} needs is not known; add it to local/services/iam/requests-*.ts (Service Authorization Reference)`,
    );
  }
  return mapping(input, { accountId: kernel.accountId, regionName: kernel.regionName, facts });
}
