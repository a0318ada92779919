// What every function of the suite has: its bundle, its own role, logs that end, traces, and a queue for what it could
// not do.
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type FunctionProps,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { FUNCTION_TIMEOUT_MS } from '../../shared/heal/records.ts';
import { arn } from '../names.ts';
import { DeadLetters } from './dead-letters.ts';
import { type Grant, roleOf } from './grants.ts';

export interface SuiteFunctionProps {
  /** Literal name: a role can then name its own function without a circular reference. */
  readonly functionName: string;
  readonly description: string;
  /** Folder of the bundles; each function's is called like its sources: "resize-volume". */
  readonly bundles: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly grants: readonly Grant[];
  /** How long one invocation may take; 60 unless given. */
  readonly timeoutSeconds?: number;
  /** What this kind of function adds; it gets the queue for invocations that failed for good. */
  readonly also: (
    failed: DeadLetters,
  ) => Pick<FunctionProps, 'deadLetterQueue' | 'durableConfig' | 'currentVersionOptions'>;
}

export class SuiteFunction extends Construct {
  readonly function: LambdaFunction;
  readonly functionName: string;
  /** Invocations that failed for good. */
  readonly failed: DeadLetters;

  constructor(scope: Construct, id: string, props: SuiteFunctionProps) {
    super(scope, id);
    const { functionName, description, bundles, environment, grants, also } = props;
    const { timeoutSeconds = FUNCTION_TIMEOUT_MS / 1000 } = props;
    this.functionName = functionName;
    const logGroupName = `/aws/lambda/${functionName}`;
    this.failed = new DeadLetters(this, 'Failed', `${functionName}-failed`);
    const role = roleOf(this, new ServicePrincipal('lambda.amazonaws.com'), `What ${functionName} may do.`, [
      ...grants,
      {
        sid: 'WriteLogs',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [arn(this, 'logs', `log-group:${logGroupName}:*`)],
        wildcard: 'The streams of its own log group, which Lambda names.',
      },
      {
        sid: 'WriteTraces',
        actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
        resources: ['*'],
        wildcard: 'X-Ray has no resources to name for these actions (Service Authorization Reference, AWS X-Ray).',
      },
      { sid: 'KeepFailedInvocations', actions: ['sqs:SendMessage'], resources: [this.failed.queue.queueArn] },
    ]);
    this.function = new LambdaFunction(this, 'Function', {
      functionName,
      description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(join(bundles, functionName.replace('chainmend-', ''))),
      memorySize: 512,
      // Lease and fence rest on a heal's: who takes a dead one's lease waits this long after its end.
      timeout: Duration.seconds(timeoutSeconds),
      // Whatever a construct would like to add, the grants above are the whole policy.
      role: role.withoutPolicyUpdates(),
      environment: { ...environment },
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
      logGroup: new LogGroup(this, 'Logs', {
        logGroupName,
        retention: RetentionDays.ONE_MONTH,
        // What must be kept is in the journal; a log group left behind would stop the next deployment by its name.
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      ...also(this.failed),
    });
  }
}
