// All calls of the differential run, in the order in which they are made: some need what others have made.
import type { MotoCall } from './call.ts';
import { CLOUDWATCH } from './cloudwatch.ts';
import { DYNAMODB } from './dynamodb.ts';
import { EC2 } from './ec2.ts';
import { SNS, SQS } from './messaging.ts';
import {
  AUTOSCALING,
  DLM,
  EVENTS,
  IAM,
  KMS,
  LAMBDA,
  LOAD_BALANCING,
  ROUTE53,
  SCHEDULER,
  SECRETS,
  STS,
} from './others.ts';
import { SSM } from './ssm.ts';

export const CALLS: readonly MotoCall[] = [
  ...STS,
  ...IAM,
  ...DYNAMODB,
  ...EC2,
  ...LOAD_BALANCING,
  ...AUTOSCALING,
  ...DLM,
  ...CLOUDWATCH,
  ...SSM,
  ...SQS,
  ...SNS,
  ...EVENTS,
  ...SCHEDULER,
  ...ROUTE53,
  ...KMS,
  ...SECRETS,
  ...LAMBDA,
];
