// watch-fleet: a schedule leads to it each minute, and it sees how every node of every fleet fares. It changes nothing on any of them.
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { arn, functionNames, metricNamespace, parameterPrefix, probeNodesPrefix } from '../names.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Documents } from './documents.ts';
import { sendCommandGrants } from './fleet-grants.ts';
import { type Grant, roleOf } from './grants.ts';
import type { Pages } from './pages.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { SuiteFunction } from './suite-function.ts';

export interface WatchFleetProps {
  readonly bundles: string;
  readonly fleets: readonly Fleet[];
  readonly state: State;
  readonly pages: Pages;
  readonly settings: Settings;
  readonly commands: Documents;
  /** For sweeps that never reach the function. */
  readonly undelivered: DeadLetters;
}

export class WatchFleet extends Construct {
  readonly suiteFunction: SuiteFunction;

  constructor(scope: Construct, id: string, props: WatchFleetProps) {
    super(scope, id);
    const { state, pages, settings, fleets, undelivered, commands } = props;
    this.suiteFunction = new SuiteFunction(this, 'WatchFleet', {
      functionName: functionNames.watchFleet,
      description: 'Watches every node of every fleet, and says how each fares and why.',
      bundles: props.bundles,
      environment: {
        TABLE_NAME: state.table.tableName,
        TOPIC_ARN: pages.topic.topicArn,
        PARAMETER_PREFIX: parameterPrefix,
        PROBE_FUNCTION_PREFIX: probeNodesPrefix,
        ASK_NODE_DOCUMENT: commands.askNode,
        REGISTER_FUNCTION_NAME: functionNames.registerNodes,
      },
      grants: [state.grant(), ...pages.grants(), settings.grantAll(), ...this.#observe(), ...this.#ask(fleets)],
      also: () => ({}),
    });
    this.suiteFunction.function.configureAsyncInvoke({
      onFailure: new SqsDestination(this.suiteFunction.failed.queue),
      // The next sweep is a minute away and sees the same.
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
    });
    Validations.of(this.suiteFunction.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason:
        'It has an on-failure destination, which holds the error too; a queue beside it would tell of each failure twice.',
    });
    this.#sweep(undelivered);
  }

  #sweep({ queue }: DeadLetters): void {
    const { functionArn } = this.suiteFunction.function;
    const scheduler = new Construct(this, 'Sweep');
    // Only schedules of this account ("Confused deputy prevention", EventBridge Scheduler guide).
    const principal = new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    const role = roleOf(scheduler, principal, 'What the schedule of watch-fleet may do.', [
      { sid: 'Watch', actions: ['lambda:InvokeFunction'], resources: [functionArn] },
      { sid: 'KeepUndelivered', actions: ['sqs:SendMessage'], resources: [queue.queueArn] },
    ]);
    new CfnSchedule(scheduler, 'Schedule', {
      name: 'chainmend-watch',
      description: 'Has every node of every fleet looked at.',
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify({ kind: 'sweep' }),
        retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 3 },
        deadLetterConfig: { arn: queue.queueArn },
      },
    });
  }

  #observe(): Grant[] {
    const wildcard = 'These reads have no resource-level permissions (Service Authorization Reference).';
    return [
      { sid: 'FindNodes', actions: ['ec2:DescribeInstances'], resources: ['*'], wildcard },
      {
        sid: 'RespectMutedAlarms',
        actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:ListAlarmMuteRules'],
        resources: ['*'],
        wildcard,
      },
      { sid: 'ReadHeights', actions: ['cloudwatch:GetMetricData'], resources: ['*'], wildcard },
      {
        sid: 'Measure',
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': metricNamespace } },
        wildcard: 'Metrics are no resources; the condition names the namespace.',
      },
    ];
  }

  /** A fleet whose probe changes to another kind may do so without a deployment: so all of them may be asked in both ways. */
  #ask(fleets: readonly Fleet[]): Grant[] {
    return [
      ...sendCommandGrants(this, fleets, ['ask-node']),
      {
        sid: 'ReadAnswers',
        actions: ['ssm:DescribeInstanceInformation', 'ssm:ListCommandInvocations'],
        resources: ['*'],
        wildcard:
          'These reads have no resource-level permissions (Service Authorization Reference). Answers hold no secrets.',
      },
      {
        sid: 'AskProbes',
        actions: ['lambda:InvokeFunction'],
        resources: [arn(this, 'lambda', `function:${probeNodesPrefix}*`)],
        wildcard: 'The probes, one for each VPC, whose id ends their names.',
      },
      {
        sid: 'TellRegisterNodes',
        actions: ['lambda:InvokeFunction'],
        resources: [arn(this, 'lambda', `function:${functionNames.registerNodes}`)],
      },
    ];
  }
}
