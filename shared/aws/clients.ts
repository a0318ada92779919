// The SDK clients of a function, made in one place so that every call has a time limit and the right retries.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';

import { PROBE_REQUEST_TIMEOUT_MS } from '../probe/protocol.ts';

export interface Clients {
  readonly ec2: EC2Client;
  /** For calls that EC2 gives no token (ModifyVolume): asked once and never again by the SDK. */
  readonly ec2Once: EC2Client;
  readonly ssm: SSMClient;
  readonly cloudwatch: CloudWatchClient;
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
  /** For functions whose answer is waited for, half a minute if need be: asked once and never again by the SDK. */
  readonly lambdaOnce: LambdaClient;
  readonly sns: SNSClient;
}

/** Settings for the client of one service, by its SigV4 signing name. */
export type Configure = (service: string) => Record<string, unknown>;

const CONNECTION_TIMEOUT_MS = 2_000;
/** Longer than any healthy answer, and twice of it still fits a function's time-out with a retry. */
const REQUEST_TIMEOUT_MS = 10_000;
const ATTEMPTS = 4;

/** What every client is told: limits of time, retries, and what `configure` adds. */
export const settingsWith =
  (configure: Configure) =>
  (service: string, maxAttempts = ATTEMPTS, requestTimeout = REQUEST_TIMEOUT_MS) => ({
    maxAttempts,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout,
      throwOnRequestTimeout: true,
    },
    ...configure(service),
  });

/**
 * Those that most functions use. Who needs another one has a set of its own beside it, so that nobody else's bundle carries it.
 *
 * @param configure further settings, for a region that is not AWS's
 */
export function awsClients(configure: Configure = () => ({})): Clients {
  const settings = settingsWith(configure);
  // Made when first used: a cold start pays for the clients that its invocation needs.
  return lazily<Clients>({
    ec2: () => new EC2Client(settings('ec2')),
    ec2Once: () => new EC2Client(settings('ec2', 1)),
    ssm: () => new SSMClient(settings('ssm')),
    cloudwatch: () => new CloudWatchClient(settings('monitoring')),
    dynamodb: () => new DynamoDBClient(settings('dynamodb')),
    lambda: () => new LambdaClient(settings('lambda')),
    lambdaOnce: () => new LambdaClient(settings('lambda', 1, PROBE_REQUEST_TIMEOUT_MS)),
    sns: () => new SNSClient(settings('sns')),
  });
}

export function lazily<T extends object>(makers: { readonly [K in keyof T]: () => T[K] }): T {
  const made = {} as T;
  for (const name of Object.keys(makers) as (keyof T)[]) {
    Object.defineProperty(made, name, {
      enumerable: true,
      configurable: true,
      get: () => {
        const value = makers[name]();
        Object.defineProperty(made, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return made;
}
