// All services of the region: a list of their declarations, and the code that makes them.
import type { Machines } from '../nodes/machine.ts';
import type { ResourceTypes } from '../simulator/cloudformation/resource.ts';
import type { CodeStore, LambdaHooks, StartSandbox } from '../simulator/lambda-runtime/environment.ts';
import type { Network } from '../simulator/network/network.ts';
import type { CallRecord } from '../simulator/trace.ts';
import { AUTOSCALING } from './autoscaling/service.ts';
import { CLOUDFORMATION } from './cloudformation/service.ts';
import type { StacksNeeds } from './cloudformation/stacks.ts';
import { CLOUDTRAIL } from './cloudtrail/service.ts';
import { CLOUDWATCH } from './cloudwatch/service.ts';
import type { ServiceDeclaration } from './descriptor.ts';
import { DLM } from './dlm/service.ts';
import { DYNAMODB } from './dynamodb/service.ts';
import { EC2 } from './ec2/service.ts';
import { LOAD_BALANCING } from './elb/service.ts';
import { EVENTS } from './events/service.ts';
import { conditionKeysOf } from './iam/condition-keys.ts';
import { IAM } from './iam/service.ts';
import { KMS } from './kms/service.ts';
import { LAMBDA } from './lambda/service.ts';
import { LOGS } from './logs/service.ts';
import type { ServiceRegistry } from './registry.ts';
import { ROUTE53 } from './route53/service.ts';
import { S3_SERVICE } from './s3/service.ts';
import { SCHEDULER } from './scheduler/service.ts';
import { SECRETSMANAGER } from './secretsmanager/service.ts';
import { SERVICE_QUOTAS } from './servicequotas/service.ts';
import { SNS } from './sns/service.ts';
import { SQS } from './sqs/service.ts';
import { SSM } from './ssm/service.ts';
import { STS } from './sts/service.ts';

export const SERVICES: readonly ServiceDeclaration[] = [
  AUTOSCALING,
  DLM,
  DYNAMODB,
  EC2,
  LOAD_BALANCING,
  EVENTS,
  IAM,
  KMS,
  LAMBDA,
  LOGS,
  CLOUDTRAIL,
  CLOUDWATCH,
  ROUTE53,
  SCHEDULER,
  SECRETSMANAGER,
  SERVICE_QUOTAS,
  SNS,
  SQS,
  SSM,
  STS,
];

/** What owners deploy with. A region has it where it is asked for (`createRegion`): two clients more are read. */
export const OWNERS_SERVICES: readonly ServiceDeclaration[] = [CLOUDFORMATION, S3_SERVICE];

export const GLOBAL_SERVICES = SERVICES.flatMap(({ name, isGlobal }) => (isGlobal ? [name] : []));

/** How CloudFormation makes resources, by type. */
export const RESOURCE_TYPES: ResourceTypes = Object.assign({}, ...SERVICES.map(({ resources }) => resources ?? {}));

/** The condition keys of each action's requests. */
export const CONDITION_KEYS_BY_ACTION: Readonly<Record<string, readonly string[]>> = Object.assign(
  {},
  ...SERVICES.map(({ iam }) => iam.conditionKeys ?? {}),
);

export const CONDITION_KEYS = conditionKeysOf(CONDITION_KEYS_BY_ACTION);

/** The dependencies of services besides the kernel. */
export interface ServiceDependencies {
  readonly machines: Machines;
  readonly network: Network;
  readonly code: CodeStore;
  readonly startSandbox: StartSandbox;
  readonly nowMs: () => number;
  /** The requests that the region has admitted, oldest first. */
  readonly requests: () => readonly CallRecord[];
  readonly hooks?: LambdaHooks;
  /** The account's limit of concurrent Lambda executions. */
  readonly accountConcurrency?: number;
  /** A new lifecycle policy takes its first snapshots within so long. */
  readonly policiesBeginWithinMs?: number;
}

export type Services = ReturnType<typeof createServices>;

/** Makes every service. The order matters if a service starts timers: timers of one moment run in the order in which they were made. */
export function createServices(
  registry: ServiceRegistry,
  { machines, network, code, startSandbox, nowMs, requests, hooks, accountConcurrency, ...more }: ServiceDependencies,
) {
  const cloudwatch = registry.create(CLOUDWATCH);
  const sqs = registry.create(SQS, cloudwatch.record);
  const events = registry.create(EVENTS, sqs, cloudwatch.record);
  const scheduler = registry.create(SCHEDULER, sqs, cloudwatch.record);
  const sns = registry.create(SNS);
  const dynamodb = registry.create(DYNAMODB);
  const ssm = registry.create(SSM, machines);
  const ec2 = registry.create(EC2, machines, cloudwatch.record);
  const iam = registry.create(IAM);
  const kms = registry.create(KMS, ec2);
  const route53 = registry.create(ROUTE53);
  const secretsmanager = registry.create(SECRETSMANAGER);
  const elb = registry.create(LOAD_BALANCING, ec2, network);
  const autoscaling = registry.create(AUTOSCALING, ec2, elb);
  const lambda = registry.create(LAMBDA, {
    startSandbox,
    code,
    vpcOf: ec2.vpcOf,
    metric: (namespace, name, dimensions, value) => cloudwatch.record(namespace, name, dimensions, value, nowMs()),
    ...(hooks && { observe: hooks }),
    ...(accountConcurrency !== undefined && { accountConcurrency }),
  });
  registry.create(DLM, ec2, more.policiesBeginWithinMs);
  registry.create(SERVICE_QUOTAS, ec2);
  registry.create(STS);
  registry.create(LOGS);
  registry.create(CLOUDTRAIL, requests);
  return {
    autoscaling,
    cloudwatch,
    dynamodb,
    ec2,
    elb,
    events,
    iam,
    kms,
    lambda,
    route53,
    scheduler,
    secretsmanager,
    sns,
    sqs,
    ssm,
  };
}

export function createOwnersServices(
  registry: ServiceRegistry,
  { code, ...needs }: Omit<StacksNeeds, 'objectAt'> & Pick<ServiceDependencies, 'code'>,
): void {
  const { objectAt } = registry.create(S3_SERVICE, code);
  registry.create(CLOUDFORMATION, { ...needs, objectAt });
}
