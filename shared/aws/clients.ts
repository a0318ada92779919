// The SDK clients of a function, created in one place so that every call has a time limit and the right retries.

import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { DLMClient } from '@aws-sdk/client-dlm';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import type { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { Route53Client } from '@aws-sdk/client-route-53';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { PROBE_REQUEST_TIMEOUT_MS } from '../probe/protocol.ts';
import { autoScalingClient, keyClient, lifecycleClient, loadBalancingClient } from './seldom-clients.ts';

export interface Clients {
  readonly ec2: EC2Client;
  /** For calls that have no token in EC2 (ModifyVolume): the SDK sends them once and never retries. */
  readonly ec2Once: EC2Client;
  readonly ssm: SSMClient;
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
  /** For functions whose answer is awaited, half a minute if needed: the SDK calls them once and never retries. */
  readonly lambdaOnce: LambdaClient;
  /** For checkpoints: an invocation that cannot write one dies, and Lambda waits up to minutes before it starts the next. */
  readonly checkpoints: LambdaClient;
  readonly sns: SNSClient;
}

/** Settings for the client of one service, by its SigV4 signing name. */
export type Configure = (service: string) => Record<string, unknown>;

const CONNECTION_TIMEOUT_MS = 2_000;
/** Longer than any healthy answer. Twice this time still fits into a function's time-out with a retry. */
const REQUEST_TIMEOUT_MS = 10_000;
const ATTEMPTS = 4;
/** A minute and a half on average ("Retry behavior", AWS SDKs guide: delays double from 0.1 s, at most 20 s, each by chance shorter). */
const CHECKPOINT_ATTEMPTS = 16;

/** Settings of every client: time limits, retries, and what `configure` adds. */
const settingsWith =
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

type Settings = ReturnType<typeof settingsWith>;

const baseClientFactories = (settings: Settings) => ({
  ec2: () => new EC2Client(settings('ec2')),
  ec2Once: () => new EC2Client(settings('ec2', 1)),
  ssm: () => new SSMClient(settings('ssm')),
  dynamodb: () => new DynamoDBClient(settings('dynamodb')),
  lambda: () => new LambdaClient(settings('lambda')),
  lambdaOnce: () => new LambdaClient(settings('lambda', 1, PROBE_REQUEST_TIMEOUT_MS)),
  checkpoints: () => new LambdaClient(settings('lambda', CHECKPOINT_ATTEMPTS)),
  sns: () => new SNSClient(settings('sns')),
});

/**
 * The clients that most functions use. A function that needs another one has a set of its own below, so that no other bundle contains it.
 *
 * @param configure further settings, for a region that is not AWS's; the same for each set
 */
export const awsClients = (configure: Configure = () => ({})): Clients =>
  lazily<Clients>(baseClientFactories(settingsWith(configure)));

/** For alarms and metrics. */
export interface MetricsClients extends Clients {
  readonly cloudwatch: CloudWatchClient;
}

const metricsClientFactories = (settings: Settings) => ({
  ...baseClientFactories(settings),
  cloudwatch: () => new CloudWatchClient(settings('monitoring')),
});

export const metricsClients = (configure: Configure = () => ({})): MetricsClients =>
  lazily<MetricsClients>(metricsClientFactories(settingsWith(configure)));

/** For DNS records, and alarms. */
export interface NamesClients extends MetricsClients {
  readonly route53: Route53Client;
}

export function namesClients(configure: Configure = () => ({})): NamesClients {
  const settings = settingsWith(configure);
  return lazily<NamesClients>({
    ...metricsClientFactories(settings),
    route53: () => new Route53Client(settings('route53')),
  });
}

/** For asking nodes over the network: only the client for the RPC credentials. */
export interface ProbeClients {
  readonly ssm: SSMClient;
  readonly secretsmanager: SecretsManagerClient;
}

export function probeClients(configure: Configure = () => ({})): ProbeClients {
  const settings = settingsWith(configure);
  return lazily<ProbeClients>({
    ssm: () => new SSMClient(settings('ssm')),
    secretsmanager: () => new SecretsManagerClient(settings('secretsmanager')),
  });
}

/** For replacing nodes: clients of everything that points at an instance or is used by its volumes. */
export interface ReplaceClients extends Clients {
  readonly dlm: DLMClient;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly autoscaling: AutoScalingClient;
  readonly kms: KMSClient;
}

export function replaceClients(configure: Configure = () => ({})): ReplaceClients {
  const settings = settingsWith(configure);
  return lazily<ReplaceClients>({
    ...baseClientFactories(settings),
    dlm: () => lifecycleClient(settings('dlm')),
    elb: () => loadBalancingClient(settings('elasticloadbalancing')),
    autoscaling: () => autoScalingClient(settings('autoscaling')),
    kms: () => keyClient(settings('kms')),
  });
}

/** For reading whether heals would work: those of a replacement, IAM and Service Quotas. */
export interface ReadinessClients extends ReplaceClients {
  readonly iam: IAMClient;
  readonly quotas: ServiceQuotasClient;
}

export function readinessClients(configure: Configure = () => ({})): ReadinessClients {
  const settings = settingsWith(configure);
  return lazily<ReadinessClients>({
    ...baseClientFactories(settings),
    dlm: () => lifecycleClient(settings('dlm')),
    elb: () => loadBalancingClient(settings('elasticloadbalancing')),
    autoscaling: () => autoScalingClient(settings('autoscaling')),
    kms: () => keyClient(settings('kms')),
    iam: () => new IAMClient(settings('iam')),
    quotas: () => new ServiceQuotasClient(settings('servicequotas')),
  });
}

/** For the launch templates of Auto Scaling groups. */
export interface GroupClients extends Clients {
  readonly autoscaling: AutoScalingClient;
}

export function groupClients(configure: Configure = () => ({})): GroupClients {
  const settings = settingsWith(configure);
  return lazily<GroupClients>({
    ...baseClientFactories(settings),
    autoscaling: () => autoScalingClient(settings('autoscaling')),
  });
}

/** Creates each client at its first use: a cold start pays only for the clients that its invocation needs. */
function lazily<T extends object>(makers: { readonly [K in keyof T]: () => T[K] }): T {
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
