// replace-node: the durable heal of a node that does not follow its chain: restart, swap of its volumes, replacement of its instance.
import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { NO_KEYS } from '../../shared/aws/keys.ts';
import { DurableHeal, type HealProps, observeGrants } from './durable-heal.ts';
import { sendCommandGrants } from './fleet-grants.ts';
import type { Grant } from './grants.ts';
import {
  attributeGrants,
  copyGrants,
  creationGrants,
  creationsOf,
  launchGrants,
  moveGrants,
  nodeGrants,
  tagAtCreation,
  taggedGrants,
  typeGrants,
  volumeKeyGrants,
} from './replace-grants.ts';
import { hintAliasOf } from './suite-function.ts';
import { arn, suiteNames } from './suite-names.ts';
import { holdGrants, ledgerGrants, neverOtherTags, tagGrants, untagGrants } from './tag-grants.ts';

export interface ReplaceNodeProps extends HealProps {
  /** ARNs of the roles that the fleets' instances have. */
  readonly nodeRoles: readonly string[];
  /** ARNs of keys of other accounts that encrypt the fleets' volumes. */
  readonly kmsKeys: readonly string[];
}

/**
 * The limit behind the dispatcher's deadline. Reading a volume of 16 TiB at the speed that EBS gives takes 16 h. Four of them one after the other
 * take most of three days, and a client may need as long to catch up. An approval is waited for 48 h at most.
 */
const EXECUTION_TIMEOUT = Duration.days(7);

const READS = [
  ...['Addresses', 'InstanceStatus', 'InstanceTypes', 'Instances', 'LaunchTemplateVersions', 'LockedSnapshots'],
  ...['Snapshots', 'Subnets', 'Tags', 'VolumeStatus', 'Volumes'],
].map((what) => `ec2:Describe${what}`);
const READS_OF_OTHERS = [
  'autoscaling:DescribeAutoScalingGroups',
  'dlm:GetLifecyclePolicies',
  'autoscaling:DescribeAutoScalingInstances',
  'elasticloadbalancing:DescribeTags',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
];

export class ReplaceNode extends DurableHeal {
  constructor(scope: Construct, id: string, { nodeRoles, kmsKeys, ...props }: ReplaceNodeProps) {
    const { fleets, commands } = props;
    super(scope, id, {
      ...props,
      functionName: suiteNames(scope).functions.replaceNode,
      description: 'Helps a node that does not follow its chain: restart, good volumes, another instance.',
      environment: {
        INSPECT_NODE_DOCUMENT: commands.inspectNode,
        RESTART_CLIENT_DOCUMENT: commands.restartClient,
        CHECK_VOLUME_DOCUMENT: commands.checkVolume,
        FILL_VOLUME_DOCUMENT: commands.fillVolume,
        SWAP_VOLUMES_DOCUMENT: commands.swapVolumes,
        STOP_CLIENT_DOCUMENT: commands.stopClient,
        START_CLIENT_DOCUMENT: commands.startClient,
        ASK_NODE_DOCUMENT: commands.askNode,
        MARK_ROOT_FUNCTION: suiteNames(scope).functions.markRoot,
        REGISTER_NODES_FUNCTION: hintAliasOf(suiteNames(scope).functions.registerNodes),
        ROTATE_PEERS_FUNCTION: hintAliasOf(suiteNames(scope).functions.rotatePeers),
        KMS_KEYS: kmsKeys.join(',') || NO_KEYS,
      },
      grants: [
        ...observeGrants([...READS, ...READS_OF_OTHERS]),
        ...sendCommandGrants(scope, fleets, [
          ...([
            'inspect-node',
            'restart-client',
            'check-volume',
            'fill-volume',
            'swap-volumes',
            'stop-client',
            'start-client',
            'ask-node',
          ] as const),
        ]),
        neverOtherTags(scope, fleets),
        {
          sid: 'ReadPolicies',
          actions: ['dlm:GetLifecyclePolicy'],
          resources: [arn(scope, 'dlm', 'policy/*')],
          wildcard: 'Policies that people have made are known by what they target, not by name.',
        },
        {
          sid: 'MarkRoots',
          actions: ['lambda:InvokeFunction'],
          resources: [arn(scope, 'lambda', `function:${suiteNames(scope).functions.markRoot}`)],
        },
        invokeOthersGrant(scope, [suiteNames(scope).functions.registerNodes, suiteNames(scope).functions.rotatePeers]),
        ...moveGrants(scope, fleets),
        ...creationGrants(scope, fleets, 'volume', ['ec2:CreateVolume']),
        ...copyGrants(scope, fleets),
        ...holdGrants(fleets),
        ...volumeKeyGrants(scope, kmsKeys),
        tagAtCreation(scope, creationsOf(fleets)),
        tagGrants(scope, fleets),
        ...untagGrants(scope, fleets),
        ...ledgerGrants(fleets),
        ...nodeGrants(scope, fleets),
        ...attributeGrants(scope, fleets),
        ...typeGrants(scope, fleets),
        ...launchGrants(scope, fleets, nodeRoles),
        ...taggedGrants(scope, fleets),
      ],
      executionTimeout: EXECUTION_TIMEOUT,
    });
  }
}

/** Lets a heal have DNS names, alarms and peers updated immediately. */
export const invokeOthersGrant = (scope: Construct, names: readonly string[]): Grant => ({
  sid: 'TellOthers',
  actions: ['lambda:InvokeFunction'],
  resources: names.map((name) => arn(scope, 'lambda', `function:${hintAliasOf(name)}`)),
});
