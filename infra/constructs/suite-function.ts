// What every function of the suite has: its bundle, its own role, logs with a retention, traces, and the suite's queue for failed invocations.
import { join } from 'node:path';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  Architecture,
  Code,
  type EventInvokeConfigOptions,
  type FunctionProps,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { HINTS } from '../../shared/events/hint.ts';
import { FUNCTION_TIMEOUT_MS } from '../../shared/model/execution.ts';
import { purposeOf } from '../names.ts';
import { type DeadLetters, failedInvocations } from './dead-letters.ts';
import { type Granted, roleOf } from './grants.ts';
import { arn } from './suite-names.ts';

export interface SuiteFunctionProps {
  /** A literal name: a role can then name its own function without a circular reference. */
  readonly functionName: string;
  readonly description: string;
  /** The folder of all bundles; each bundle has the folder name of its sources: "resize-volume". */
  readonly bundles: string;
  /** The folder of its own bundle, where the name differs. */
  readonly bundle?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly grants: readonly Granted[];
  /** The timeout of one invocation; 60 unless given. */
  readonly timeoutSeconds?: number;
  /** The additional properties of this kind of function. It gets the queue for invocations that finally failed. */
  readonly also?: (failed: DeadLetters) => ExtraFunctionProps;
}

type ExtraFunctionProps = Pick<FunctionProps, 'deadLetterQueue' | 'durableConfig' | 'currentVersionOptions'>;

export class SuiteFunction extends Construct {
  readonly function: LambdaFunction;
  readonly functionName: string;
  readonly roleArn: string;
  /** Where invocations are kept that failed after all retries. */
  readonly failed: DeadLetters;

  constructor(scope: Construct, id: string, { grants, also, ...props }: SuiteFunctionProps) {
    super(scope, id);
    this.functionName = props.functionName;
    this.failed = failedInvocations(this);
    const keep = {
      sid: 'KeepFailedInvocations',
      actions: ['sqs:SendMessage'],
      resources: [this.failed.queue.queueArn],
    };
    this.function = lambdaFunction(this, { ...props, grants: [...grants, keep] }, also?.(this.failed) ?? {});
    const { role } = this.function;
    if (role === undefined) throw new Error(`${props.functionName} has no role`);
    this.roleArn = role.roleArn;
  }

  /**
   * For a function that events invoke: how often a failed event is retried, and that it is kept afterwards. It uses a destination, not a dead-letter
   * queue: a destination's record has the error, not only the event.
   */
  keepFailedEvents(retries: Pick<EventInvokeConfigOptions, 'retryAttempts' | 'maxEventAge'>): void {
    this.function.configureAsyncInvoke({ ...retries, onFailure: new SqsDestination(this.failed.queue) });
    Validations.of(this.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason:
        'It has an on-failure destination, which holds the error too; a queue beside it would tell of each failure twice.',
    });
  }

  /**
   * Lets a schedule invoke it, by an alias of its own: a sweep that fails is neither retried nor kept, as the next one sees the same. Events of the
   * same function are kept as before. The alarm on its errors tells of the failure.
   */
  takeSweeps({ maxEventAge }: { readonly maxEventAge: Duration }): Alias {
    const alias = this.#alias(SWEEPS, 'How its schedules ask for a look.');
    alias.configureAsyncInvoke({ retryAttempts: 0, maxEventAge });
    const reason = 'A sweep that fails is obsolete when the next one runs; its failure is counted and alarmed on.';
    Validations.of(alias).acknowledge({ id: 'Serverless-LambdaAsyncFailureDestination', reason });
    return alias;
  }

  /** Lets other functions invoke it, by its own alias; failed invocations are kept as other events are. */
  takeHints(retries: Pick<EventInvokeConfigOptions, 'retryAttempts' | 'maxEventAge'>): void {
    const alias = this.#alias(HINTS, 'How other functions of the suite ask for a look.');
    alias.configureAsyncInvoke({ ...retries, onFailure: new SqsDestination(this.failed.queue) });
  }

  /** An alias says how the function is asked, not which code runs: it needs no version of its own. Only heals are pinned to one (durable-heal.ts). */
  #alias(aliasName: string, description: string): Alias {
    const { latestVersion: version } = this.function;
    return new Alias(this.function, `Alias${aliasName}`, { aliasName, version, description });
  }
}

/** The alias by which schedules invoke a function. */
export const SWEEPS = 'sweeps';

/** The alias by which other functions of the suite invoke it. A request through this alias never counts as a person's (shared/events/hint.ts). */
export const hintAliasOf = (functionName: string): string => `${functionName}:${HINTS}`;

/** A function without a queue: its caller waits for the answer, and sees a failure. */
export class SynchronousFunction extends Construct {
  readonly function: LambdaFunction;
  readonly functionName: string;

  constructor(scope: Construct, id: string, props: Omit<SuiteFunctionProps, 'also'>) {
    super(scope, id);
    this.functionName = props.functionName;
    this.function = lambdaFunction(this, props, {});
    const reason = 'It is called and waited for; its caller sees what fails, and asks again.';
    Validations.of(this.function).acknowledge(
      { id: 'Serverless-LambdaDLQ', reason },
      { id: 'Serverless-LambdaAsyncFailureDestination', reason },
    );
  }
}

function lambdaFunction(
  scope: Construct,
  props: Omit<SuiteFunctionProps, 'also'>,
  also: ExtraFunctionProps,
): LambdaFunction {
  const { functionName, description, bundles, environment, grants } = props;
  const { timeoutSeconds = FUNCTION_TIMEOUT_MS / 1000, bundle = purposeOf(functionName) } = props;
  const logGroupName = `/aws/lambda/${functionName}`;
  const everything = [
    ...grants,
    {
      sid: 'WriteLogs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [arn(scope, 'logs', `log-group:${logGroupName}:*`)],
      wildcard: 'The streams of its own log group, which Lambda names.',
    },
    {
      sid: 'WriteTraces',
      actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      resources: ['*'],
      wildcard: 'X-Ray has no resources to name for these actions (Service Authorization Reference, AWS X-Ray).',
    },
  ];
  const principal = new ServicePrincipal('lambda.amazonaws.com');
  const role = roleOf(scope, principal, `What ${functionName} may do.`, everything);
  return new LambdaFunction(scope, 'Function', {
    functionName,
    description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: Code.fromAsset(join(bundles, bundle)),
    memorySize: 512,
    // Lease and fence depend on a heal's timeout: a heal that takes a dead one's lease waits this long after its end.
    timeout: Duration.seconds(timeoutSeconds),
    // A construct may try to add statements; the grants above stay the whole policy.
    role: role.withoutPolicyUpdates(),
    environment: { ...environment },
    tracing: Tracing.ACTIVE,
    loggingFormat: LoggingFormat.JSON,
    logGroup: new LogGroup(scope, 'Logs', {
      logGroupName,
      retention: RetentionDays.ONE_MONTH,
      // The journal has what must be kept. A log group left behind would stop the next deployment by its name.
      removalPolicy: RemovalPolicy.DESTROY,
    }),
    ...also,
  });
}
