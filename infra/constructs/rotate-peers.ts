// rotate-peers: a schedule invokes it every five minutes, and it keeps the nodes' peer lists. Its own documents may send peers to clients and edit
// their configuration, on nodes that carry a fleet's tags, and nothing else.
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Fleet } from '../../shared/fleet/model.ts';
import { peerOperations } from '../../shared/node-commands/parameters.ts';
import type { Documents } from './documents.ts';
import { sendCommandGrants } from './fleet-grants.ts';
import type { Grant } from './grants.ts';
import type { Pages } from './pages.ts';
import { Schedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { SuiteFunction } from './suite-function.ts';
import { arn, suiteNames } from './suite-names.ts';

export interface RotatePeersProps {
  readonly bundles: string;
  readonly fleets: readonly Fleet[];
  readonly state: State;
  readonly pages: Pages;
  readonly settings: Settings;
  readonly commands: Documents;
}

/** "The maximum … is 900 seconds" (CreateFunction.Timeout, Lambda API): a client may take ten minutes to stop. */
const TIMEOUT_SECONDS = 900;

export class RotatePeers extends Construct {
  readonly suiteFunction: SuiteFunction;

  constructor(scope: Construct, id: string, props: RotatePeersProps) {
    super(scope, id);
    const { state, pages, settings, fleets, commands } = props;
    this.suiteFunction = new SuiteFunction(this, 'RotatePeers', {
      functionName: suiteNames(this).functions.rotatePeers,
      description: "Keeps the nodes' lists of peers alive, diverse and small.",
      bundles: props.bundles,
      environment: {
        TABLE_NAME: state.table.tableName,
        TOPIC_ARN: pages.topic.topicArn,
        PARAMETER_PREFIX: suiteNames(this).parameterPrefix,
        PROBE_FUNCTION_PREFIX: suiteNames(this).probeNodesPrefix,
        READ_CONFIG_DOCUMENT: commands.readConfig,
        WRITE_CONFIG_DOCUMENT: commands.writeConfig,
        ASK_PEERS_DOCUMENT: commands.askPeers,
        CHANGE_PEERS_DOCUMENT: commands.changePeers,
      },
      grants: [
        ...state.grants('rotate-peers'),
        ...pages.grants(),
        settings.grantByName(),
        settings.grantAll(),
        ...sendCommandGrants(this, fleets, peerOperations),
        ...this.#observe(),
      ],
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    // The next sweep is five minutes away, and reads the current state.
    const retries = { retryAttempts: 0, maxEventAge: Duration.minutes(5) };
    this.suiteFunction.keepFailedEvents(retries);
    this.suiteFunction.takeHints(retries);
    new Schedule(this, 'Sweep', {
      name: suiteNames(this).functions.rotatePeers,
      description: 'Has nodes that lack peers given some, and every list looked after.',
      mayDo: 'What the schedule of rotate-peers may do.',
      every: { minutes: 5 },
      target: this.suiteFunction,
      sweeps: this.suiteFunction.takeSweeps({ maxEventAge: Duration.minutes(5) }),
      input: { kind: 'sweep' },
    });
  }

  #observe(): Grant[] {
    const wildcard = 'These reads have no resource-level permissions (Service Authorization Reference).';
    return [
      {
        sid: 'ReadNodes',
        actions: ['ec2:DescribeInstances', 'ec2:DescribeTags'],
        resources: ['*'],
        wildcard,
      },
      {
        sid: 'ReadAnswers',
        actions: ['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation'],
        resources: ['*'],
        wildcard: `${wildcard} A node hides the secrets of its configuration before it answers.`,
      },
      {
        sid: 'AskProbes',
        actions: ['lambda:InvokeFunction'],
        resources: [arn(this, 'lambda', `function:${suiteNames(this).probeNodesPrefix}*`)],
        wildcard: 'The probes, one for each VPC, whose id ends their names.',
      },
    ];
  }
}
