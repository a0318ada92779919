// resize-volume: the durable heal that grows a volume. It runs behind an alias; old versions stay until their heals
// have ended.
import { Annotations, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { arn, functionNames, liveAlias, parameterPrefix } from '../names.ts';
import type { Documents } from './documents.ts';
import { modifyVolumeGrants, sendCommandGrants } from './fleet-grants.ts';
import type { Grant } from './grants.ts';
import type { Pages } from './pages.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { SuiteFunction } from './suite-function.ts';

export interface ResizeVolumeProps {
  readonly bundles: string;
  readonly fleets: readonly Fleet[];
  readonly state: State;
  readonly pages: Pages;
  readonly settings: Settings;
  readonly commands: Documents;
}

/**
 * The backstop behind the deadline that the dispatcher gives each attempt (8 h, and the wait for an approval). It
 * outlasts the longest that an approval may be waited for (48 h by the fleet file's schema) by a day, in which EBS's
 * rolling budget comes back; and it ends, so that a heal that nobody stops does not hold its node's lease for good.
 * Lambda would allow 366 days.
 */
const EXECUTION_TIMEOUT = Duration.hours(72);

export class ResizeVolume extends Construct {
  readonly suiteFunction: SuiteFunction;
  readonly live: Alias;

  constructor(scope: Construct, id: string, props: ResizeVolumeProps) {
    super(scope, id);
    this.suiteFunction = new SuiteFunction(this, 'ResizeVolume', {
      functionName: functionNames.resizeVolume,
      description: 'Grows a full volume of a blockchain node, and proves it.',
      bundles: props.bundles,
      environment: {
        TABLE_NAME: props.state.table.tableName,
        TOPIC_ARN: props.pages.topic.topicArn,
        PARAMETER_PREFIX: parameterPrefix,
        OBSERVE_NODE_DOCUMENT: props.commands.observeNode,
        GROW_FILESYSTEM_DOCUMENT: props.commands.growFilesystem,
      },
      grants: [
        props.state.grant(),
        ...props.pages.grants(),
        props.settings.grantByName(),
        ...this.#observe(),
        ...modifyVolumeGrants(this, props.fleets),
        ...sendCommandGrants(this, props.fleets),
        this.#executions(),
      ],
      also: (failed) => ({
        // A durable execution that fails, times out or is stopped leaves its event here; it is not retried ("Best
        // practices for Lambda durable functions", Lambda guide, which names the dead-letter queue and no destination).
        deadLetterQueue: failed.queue,
        durableConfig: { executionTimeout: EXECUTION_TIMEOUT, retentionPeriod: Duration.days(30) },
        // An execution in flight is replayed by the version that it started on.
        currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      }),
    });
    this.live = this.suiteFunction.function.addAlias(liveAlias);
    // It is durable from its first deployment on, so that none replaces it.
    Annotations.of(this.suiteFunction.function).acknowledgeInfo('aws-lambda:Function.DurableConfig');
    Validations.of(this.suiteFunction.function).acknowledge({
      id: 'Serverless-LambdaAsyncFailureDestination',
      reason:
        'Its dead-letter queue is what AWS documents for durable executions; a destination would tell of each failure twice.',
    });
  }

  #observe(): Grant[] {
    const wildcard = 'These reads have no resource-level permissions (Service Authorization Reference).';
    return [
      {
        sid: 'ReadVolumes',
        actions: [
          'ec2:DescribeInstances',
          'ec2:DescribeTags',
          'ec2:DescribeVolumes',
          'ec2:DescribeVolumesModifications',
        ],
        resources: ['*'],
        wildcard,
      },
      { sid: 'ReadGrowth', actions: ['cloudwatch:GetMetricData'], resources: ['*'], wildcard },
      {
        sid: 'ReadAnswers',
        actions: ['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation'],
        resources: ['*'],
        wildcard: `${wildcard} Answers hold no secrets.`,
      },
    ];
  }

  /**
   * On every version of itself: executions are authorized by their own ARN, which holds a version and never an alias.
   */
  #executions(): Grant {
    return {
      sid: 'RunDurably',
      actions: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState', 'lambda:GetDurableExecution'],
      resources: [arn(this, 'lambda', `function:${functionNames.resizeVolume}:*`)],
      wildcard:
        'The executions of its own versions ("Security and permissions for Lambda durable functions", Lambda guide).',
    };
  }
}
