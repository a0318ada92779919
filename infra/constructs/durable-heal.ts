// What every durable heal has: a function behind an alias. Old versions stay until their heals have ended.
import { Annotations, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { HealKind } from '../../shared/model/payload.ts';
import { liveAlias, type Names, purposeOf } from '../names.ts';
import type { Documents } from './documents.ts';
import type { Grant, Granted } from './grants.ts';
import type { Pages } from './pages.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { SuiteFunction } from './suite-function.ts';
import { arn, suiteNames } from './suite-names.ts';

/** What the stack gives to each of its heals. */
export interface HealProps {
  readonly bundles: string;
  readonly fleets: readonly Fleet[];
  readonly state: State;
  readonly pages: Pages;
  readonly settings: Settings;
  readonly commands: Documents;
}

export interface DurableHealProps extends HealProps {
  readonly functionName: Names['heals'][number] | Names['functions']['auditSnapshots'];
  readonly description: string;
  /** In addition to table, topic and parameters. */
  readonly environment: Readonly<Record<string, string>>;
  /** In addition to the grants of every heal. */
  readonly grants: readonly Granted[];
  /** The limit behind the dispatcher's deadline for each attempt; Lambda would allow 366 days. */
  readonly executionTimeout: Duration;
}

export class DurableHeal extends Construct {
  readonly suiteFunction: SuiteFunction;
  readonly live: Alias;

  constructor(scope: Construct, id: string, props: DurableHealProps) {
    super(scope, id);
    const { state, pages, settings, functionName } = props;
    this.suiteFunction = new SuiteFunction(this, id, {
      functionName,
      description: props.description,
      bundles: props.bundles,
      environment: {
        TABLE_NAME: state.table.tableName,
        TOPIC_ARN: pages.topic.topicArn,
        PARAMETER_PREFIX: suiteNames(this).parameterPrefix,
        ...props.environment,
      },
      grants: [
        ...state.grants(kindOf(functionName)),
        ...pages.grants(),
        settings.grantByName(),
        ...props.grants,
        ...executionGrants(scope, functionName),
      ],
      also: (failed) => ({
        // A durable execution that fails, times out or is stopped leaves its event here. Lambda does not retry it ("Best practices for Lambda durable
        // functions", Lambda guide, which names the dead-letter queue and no destination).
        deadLetterQueue: failed.queue,
        durableConfig: { executionTimeout: props.executionTimeout, retentionPeriod: Duration.days(30) },
        // Lambda replays a running execution on the version that it started on.
        currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      }),
    });
    this.live = this.suiteFunction.function.addAlias(liveAlias);
    // The function is durable from its first deployment on, so no update replaces it.
    Annotations.of(this.suiteFunction.function).acknowledgeInfo('aws-lambda:Function.DurableConfig');
    Validations.of(this.suiteFunction.function).acknowledge({
      id: 'Serverless-LambdaAsyncFailureDestination',
      reason:
        'Its dead-letter queue is what AWS documents for durable executions; a destination would tell of each failure twice.',
    });
  }
}

const kindOf = (functionName: DurableHealProps['functionName']): HealKind => purposeOf(functionName) as HealKind;

/**
 * Lets a heal run itself, on every version of itself. An execution is authorized by its own ARN, which holds a version and never an alias. It also
 * lets a heal read whether the holder of a node's lease still runs; the holder may be any of the heals.
 */
function executionGrants(scope: Construct, functionName: string): Grant[] {
  const wildcard =
    'The executions of every version ("Security and permissions for Lambda durable functions", Lambda guide).';
  return [
    {
      sid: 'RunDurably',
      actions: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'],
      resources: [arn(scope, 'lambda', `function:${functionName}:*`)],
      wildcard,
    },
    {
      sid: 'JudgeHolders',
      actions: ['lambda:GetDurableExecution'],
      // Who holds a throw-away instance is a drill, too.
      resources: (functionName === suiteNames(scope).functions.auditSnapshots
        ? [functionName]
        : suiteNames(scope).heals
      ).map((name) => arn(scope, 'lambda', `function:${name}:*`)),
      wildcard,
    },
  ];
}

/** What every heal reads of its node and of its commands' results. */
export function observeGrants(more: readonly string[]): Grant[] {
  const wildcard = 'These reads have no resource-level permissions (Service Authorization Reference).';
  return [
    { sid: 'ReadResources', actions: more, resources: ['*'], wildcard },
    {
      sid: 'ReadAnswers',
      actions: ['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation'],
      resources: ['*'],
      wildcard: `${wildcard} Answers hold no secrets.`,
    },
  ];
}
