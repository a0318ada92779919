// The service declaration of AWS Lambda: functions, their invocations, and durable executions.
import { join } from 'node:path';
import type {
  AddPermissionRequest,
  CreateAliasRequest,
  CreateFunctionRequest,
  GetAliasRequest,
  GetFunctionRequest,
  GetPolicyRequest,
  ListAliasesRequest,
  ListFunctionsRequest,
  PublishVersionRequest,
  PutFunctionConcurrencyRequest,
  PutFunctionEventInvokeConfigRequest,
  UpdateAliasRequest,
  UpdateFunctionCodeRequest,
  UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda';
import type { Kernel } from '../../simulator/kernel.ts';
import type { CodeStore, LambdaHooks, PutMetric, StartSandbox } from '../../simulator/lambda-runtime/environment.ts';
import { AwsError, type Service } from '../../simulator/service.ts';
import type { ServiceDescriptor } from '../descriptor.ts';
import type { PolicyDocument } from '../iam/policy.ts';
import { createAsynchronous } from './async-invocations.ts';
import { createCallbacks } from './callbacks.ts';
import { createCheckpoints, paged } from './checkpoints.ts';
import { describe } from './configuration.ts';
import { createDurableQueries } from './durable-queries.ts';
import type { Execution } from './execution.ts';
import { createExecutions } from './executions.ts';
import { createFunctions, type LambdaFunction } from './functions.ts';
import { createInvoke, createMeasure } from './invocations.ts';
import { createInvokeOperation } from './invoke.ts';
import { conditionKeys, permissions } from './permissions.ts';
import { resources } from './resources.ts';
import { ACCOUNT_CONCURRENCY, createSandboxes } from './sandboxes.ts';
import type { VpcOf } from './vpc.ts';

export interface Lambda extends Service {
  /** The gateway killed this sandbox: its invocation fails, and it is not used again. */
  sandboxKilled(actor: string): void;
  /** As if an idle sandbox of the function had just been used: for sweeps that are left out. */
  keepWarm(functionArn: string): void;
  /** A function's own policy; undefined without one. */
  policy(functionArn: string): PolicyDocument | undefined;
  functionArns(): readonly string[];
  /** The role of a function. */
  roleOf(functionArn: string): string;
  /** Replaces a function's own policy. */
  setPolicy(functionArn: string, document: PolicyDocument): void;
  /** Every durable execution that is still remembered, in the order of their start. */
  executions(): readonly Execution[];
  /** Times this execution out at any step. An ended execution is not changed. */
  timeOut(arn: string): void;
}

export interface LambdaOptions {
  readonly startSandbox: StartSandbox;
  /** Where CreateFunction finds the code of an S3 bucket and key. */
  readonly code: CodeStore;
  readonly metric: PutMetric;
  /** The VPC of a subnet; without it, no function can be in a VPC. */
  readonly vpcOf?: VpcOf;
  readonly observe?: LambdaHooks;
  /** The account's limit of concurrent executions; 1,000 by default. */
  readonly accountConcurrency?: number;
}

/** Registers itself with the kernel as the receiver of events for functions. */
export function createLambda(
  kernel: Kernel,
  {
    startSandbox,
    code,
    metric,
    vpcOf = () => undefined,
    observe = {},
    accountConcurrency = ACCOUNT_CONCURRENCY,
  }: LambdaOptions,
): Lambda {
  const functions = createFunctions(kernel, code, vpcOf);
  const sandboxes = createSandboxes(
    kernel,
    startSandbox,
    functions.reservedConcurrency,
    accountConcurrency,
    functions.totalReserved,
  );
  const measure = createMeasure(metric);
  const invoke = createInvoke(sandboxes, measure);
  const executions = createExecutions(kernel, invoke, measure);
  const asynchronous = createAsynchronous(kernel, functions, executions, invoke, measure);
  const checkpoints = createCheckpoints(kernel, executions, sandboxes.sandboxKilled, observe);
  const callbacks = createCallbacks(kernel, executions);
  const durable = createDurableQueries(functions, executions);
  const invokeOperation = createInvokeOperation(kernel, functions, executions, asynchronous, invoke);

  kernel.receive('arn:aws:lambda:', (arn, payload) => {
    invokeOperation({ FunctionName: arn, InvocationType: 'Event', Payload: new Uint8Array(Buffer.from(payload)) });
  });

  const configuration = (input: GetFunctionRequest): object => {
    const { fn, invokedArn } = functions.resolve(input.FunctionName ?? '', input.Qualifier);
    return describe(fn, invokedArn);
  };
  const described = (fn: LambdaFunction): object =>
    describe(fn, fn.version === '$LATEST' ? fn.unqualifiedArn : `${fn.unqualifiedArn}:${fn.version}`);

  return {
    sandboxKilled: sandboxes.sandboxKilled,
    keepWarm: (functionArn) => sandboxes.keepWarm(functions.resolve(functionArn).fn),
    policy: functions.admits,
    roleOf: (functionArn) => functions.resolve(functionArn).fn.roleArn,
    setPolicy: functions.setPolicy,
    functionArns: () => functions.list().map(({ unqualifiedArn }) => unqualifiedArn),
    executions: executions.all,
    timeOut(arn) {
      const execution = executions.all().find((candidate) => candidate.arn === arn);
      if (execution?.status === 'RUNNING')
        executions.end(execution, 'TIMED_OUT', {
          error: { ErrorType: 'Execution.TimedOut', ErrorMessage: 'Execution timed out.' },
        });
    },
    name: 'lambda',
    operations: {
      Invoke: invokeOperation,
      CreateFunction: (input: CreateFunctionRequest) => described(functions.create(input)),
      PublishVersion: (input: PublishVersionRequest) =>
        described(functions.publish(input.FunctionName ?? '', input.Description)),
      UpdateFunctionCode: (input: UpdateFunctionCodeRequest) => described(functions.updateCode(input)),
      UpdateFunctionConfiguration: (input: UpdateFunctionConfigurationRequest) =>
        described(functions.updateConfiguration(input)),
      CreateAlias: (input: CreateAliasRequest) => functions.createAlias(input),
      UpdateAlias: (input: UpdateAliasRequest) => functions.updateAlias(input),
      AddPermission: (input: AddPermissionRequest) => ({ Statement: JSON.stringify(functions.addPermission(input)) }),
      GetPolicy: (input: GetPolicyRequest) => ({
        Policy: functions.policy(input.FunctionName ?? '', input.Qualifier),
      }),
      PutFunctionEventInvokeConfig: (input: PutFunctionEventInvokeConfigRequest) => {
        const settings = functions.putAsyncSettings(input);
        return {
          FunctionArn: functions.resolve(input.FunctionName ?? '', input.Qualifier).invokedArn,
          MaximumRetryAttempts: settings.maximumRetries,
          MaximumEventAgeInSeconds: settings.maximumAgeSeconds,
          DestinationConfig: input.DestinationConfig ?? {},
        };
      },
      PutFunctionConcurrency: (input: PutFunctionConcurrencyRequest) => {
        const { FunctionName = '', ReservedConcurrentExecutions = 0 } = input;
        functions.reserveConcurrency(FunctionName, ReservedConcurrentExecutions, accountConcurrency);
        return { ReservedConcurrentExecutions: input.ReservedConcurrentExecutions };
      },
      GetFunction: (input: GetFunctionRequest) => ({
        Configuration: configuration(input),
        Code: { RepositoryType: 'S3' },
      }),
      GetFunctionConfiguration: configuration,
      GetAccountSettings: () => ({
        AccountLimit: {
          ConcurrentExecutions: accountConcurrency,
          UnreservedConcurrentExecutions: accountConcurrency - functions.totalReserved(),
        },
        AccountUsage: { FunctionCount: functions.list().length },
      }),
      ListFunctions: (input: ListFunctionsRequest) => {
        const { items, next } = paged(functions.list().map(described), input.Marker, input.MaxItems ?? 50);
        return { Functions: items, ...next };
      },
      ListAliases: (input: ListAliasesRequest) => {
        const aliases = functions
          .aliases(input.FunctionName ?? '')
          .filter((alias) => input.FunctionVersion === undefined || alias.FunctionVersion === input.FunctionVersion);
        const { items, next } = paged(aliases, input.Marker, input.MaxItems ?? 50);
        return { Aliases: items, ...next };
      },
      GetAlias: (input: GetAliasRequest) => functions.alias(input.FunctionName ?? '', input.Name ?? ''),
      CheckpointDurableExecution: checkpoints.checkpoint,
      GetDurableExecutionState: checkpoints.state,
      GetDurableExecution: durable.get,
      GetDurableExecutionHistory: durable.history,
      ListDurableExecutionsByFunction: durable.list,
      StopDurableExecution: durable.stop,
      SendDurableExecutionCallbackSuccess: callbacks.succeed,
      SendDurableExecutionCallbackFailure: callbacks.fail,
      SendDurableExecutionCallbackHeartbeat: callbacks.heartbeat,
    },
  };
}

/** "Lambda quotas": the control plane accepts 15 requests a second; invocations are not part of it. */
const PER_SECOND: ReadonlyMap<string, number> = new Map([
  ['GetFunction', 100],
  ['UpdateFunctionCode', 15],
  ['PublishVersion', 15],
]);

export const LAMBDA: ServiceDescriptor<Lambda, [options: LambdaOptions]> = {
  name: 'lambda',
  client: { packageName: '@aws-sdk/client-lambda', load: () => import('@aws-sdk/client-lambda') },
  limits: join(import.meta.dirname, 'limits.txt'),
  lacks: {
    AddPermission: ['EventSourceToken', 'FunctionUrlAuthType', 'InvokedViaFunctionUrl', 'PrincipalOrgID', 'RevisionId'],
    CreateFunction: [
      'CapacityProviderConfig',
      'CodeSigningConfigArn',
      'EphemeralStorage',
      'FileSystemConfigs',
      'ImageConfig',
      'KMSKeyArn',
      'Layers',
      'PublishTo',
      'SnapStart',
      'Tags',
      'TenancyConfig',
      'TracingConfig',
    ],
    Invoke: ['TenantId'],
    ListFunctions: ['FunctionVersion', 'MasterRegion'],
    PublishVersion: ['PublishTo', 'RevisionId'],
    UpdateAlias: ['RevisionId'],
    UpdateFunctionCode: [
      'ImageUri',
      'PublishTo',
      'RevisionId',
      'S3ObjectStorageMode',
      'S3ObjectVersion',
      'SourceKMSKeyArn',
      'ZipFile',
    ],
    UpdateFunctionConfiguration: [
      'CapacityProviderConfig',
      'EphemeralStorage',
      'FileSystemConfigs',
      'ImageConfig',
      'KMSKeyArn',
      'Layers',
      'RevisionId',
      'SnapStart',
      'TracingConfig',
    ],
  },
  rateOf: (operation) => {
    const perSecond = PER_SECOND.get(operation);
    return perSecond === undefined ? undefined : { burst: perSecond, perSecond };
  },
  throttled: () => new AwsError('TooManyRequestsException', 'Rate exceeded', { statusCode: 429 }),
  iam: { prefix: 'lambda', conditionKeys, denied: { code: 'AccessDeniedException', statusCode: 403 } },
  permissions,
  policyOf: (service, arn) => service.policy(arn),
  resources,
  create: createLambda,
};
