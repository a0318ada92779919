// watch-fleet: a schedule invokes it each minute, and it observes the health of every node of every fleet. It changes no node.
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Documents } from './documents.ts';
import { sendCommandGrants } from './fleet-grants.ts';
import type { Grant } from './grants.ts';
import type { Pages } from './pages.ts';
import { Schedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { hintAliasOf, SuiteFunction } from './suite-function.ts';
import { arn, suiteNames } from './suite-names.ts';

export interface WatchFleetProps {
  readonly bundles: string;
  readonly fleets: readonly Fleet[];
  readonly state: State;
  readonly pages: Pages;
  readonly settings: Settings;
  readonly commands: Documents;
}

export class WatchFleet extends Construct {
  readonly suiteFunction: SuiteFunction;

  constructor(scope: Construct, id: string, props: WatchFleetProps) {
    super(scope, id);
    const { state, pages, settings, fleets, commands } = props;
    this.suiteFunction = new SuiteFunction(this, 'WatchFleet', {
      functionName: suiteNames(this).functions.watchFleet,
      description: 'Watches every node of every fleet, and says how each fares and why.',
      bundles: props.bundles,
      environment: {
        TABLE_NAME: state.table.tableName,
        TOPIC_ARN: pages.topic.topicArn,
        PARAMETER_PREFIX: suiteNames(this).parameterPrefix,
        PROBE_FUNCTION_PREFIX: suiteNames(this).probeNodesPrefix,
        ASK_NODE_DOCUMENT: commands.askNode,
        SEE_CLIENTS_DOCUMENT: commands.seeClients,
        REGISTER_FUNCTION_NAME: hintAliasOf(suiteNames(this).functions.registerNodes),
      },
      grants: [
        ...state.grants('watch-fleet'),
        ...pages.grants(),
        settings.grantAll(),
        settings.grantByName(),
        ...this.#observe(),
        ...this.#ask(fleets),
      ],
    });
    this.suiteFunction.keepFailedEvents({
      // The next sweep is a minute away and sees the same.
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
    });
    new Schedule(this, 'Sweep', {
      name: `${suiteNames(this).suite}-watch`,
      description: 'Has every node of every fleet looked at.',
      mayDo: 'What the schedule of watch-fleet may do.',
      every: { minutes: 1 },
      target: this.suiteFunction,
      sweeps: this.suiteFunction.takeSweeps({ maxEventAge: Duration.minutes(1) }),
      input: { kind: 'sweep' },
    });
  }

  #observe(): Grant[] {
    const wildcard = 'These reads have no resource-level permissions (Service Authorization Reference).';
    return [
      {
        sid: 'FindNodes',
        actions: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus'],
        resources: ['*'],
        wildcard,
      },
      // What a node is like is written down while it lives.
      {
        sid: 'DescribeMachines',
        actions: ['ec2:DescribeVolumes', 'ec2:DescribeAddresses'],
        resources: ['*'],
        wildcard,
      },
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
        conditions: { StringEquals: { 'cloudwatch:namespace': suiteNames(this).metricNamespace } },
        wildcard: 'Metrics are no resources; the condition names the namespace.',
      },
      {
        // "Controlling OTLP ingest": such a request has no namespace, so that a condition on one denies it.
        sid: 'MeasureOverOtlp',
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { Null: { 'cloudwatch:namespace': 'true' } },
        wildcard: 'Metrics are no resources; over OTLP they have no namespace that a condition could name.',
      },
    ];
  }

  /** A fleet may change to another kind of probe without a deployment. So the role may probe every fleet in all ways. */
  #ask(fleets: readonly Fleet[]): Grant[] {
    return [
      ...sendCommandGrants(this, fleets, ['ask-node', 'see-clients']),
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
        resources: [arn(this, 'lambda', `function:${suiteNames(this).probeNodesPrefix}*`)],
        wildcard: 'The probes, one for each VPC, whose id ends their names.',
      },
      {
        sid: 'TellRegisterNodes',
        actions: ['lambda:InvokeFunction'],
        resources: [arn(this, 'lambda', `function:${hintAliasOf(suiteNames(this).functions.registerNodes)}`)],
      },
    ];
  }
}
