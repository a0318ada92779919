// replace-node: the durable heal of a node that does not follow its chain: restart, swap of its volumes, another instance.
import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { NO_KEYS } from '../../shared/aws/key-scope.ts';
import { arn, functionNames } from '../names.ts';
import { DurableHeal, type HealProps, observeGrants } from './durable-heal.ts';
import { sendCommandGrants } from './fleet-grants.ts';
import type { Grant } from './grants.ts';
import {
  creationGrants,
  instanceGrants,
  launchGrants,
  ledgerGrants,
  selectorTagGrants,
  snapshotGrants,
  tagGrants,
  volumeGrants,
  volumeKeyGrants,
} from './replace-grants.ts';

export interface ReplaceNodeProps extends HealProps {
  /** ARNs of the roles that the fleets' instances have. */
  readonly nodeRoles: readonly string[];
  /** ARNs of keys of other accounts, which the fleets' volumes are encrypted with. */
  readonly kmsKeys: readonly string[];
}

/**
 * Behind the dispatcher's deadline. A volume of 16 TiB that is read as fast as EBS pays for takes 16 h, four of them one after the other most
 * of three days, and a client may need as long to catch up; an approval is waited for 48 h at most.
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
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
];

export class ReplaceNode extends DurableHeal {
  constructor(scope: Construct, id: string, { nodeRoles, kmsKeys, ...props }: ReplaceNodeProps) {
    const { fleets, commands } = props;
    super(scope, id, {
      ...props,
      functionName: functionNames.replaceNode,
      description: 'Helps a node that does not follow its chain: restart, good volumes, another instance.',
      environment: {
        INSPECT_NODE_DOCUMENT: commands.inspectNode,
        RESTART_CLIENT_DOCUMENT: commands.restartClient,
        CHECK_VOLUME_DOCUMENT: commands.checkVolume,
        SWAP_VOLUMES_DOCUMENT: commands.swapVolumes,
        STOP_CLIENT_DOCUMENT: commands.stopClient,
        START_CLIENT_DOCUMENT: commands.startClient,
        REGISTER_NODES_FUNCTION: functionNames.registerNodes,
        ROTATE_PEERS_FUNCTION: functionNames.rotatePeers,
        KMS_KEYS: kmsKeys.join(',') || NO_KEYS,
      },
      grants: [
        ...observeGrants([...READS, ...READS_OF_OTHERS]),
        ...sendCommandGrants(scope, fleets, [
          ...([
            'inspect-node',
            'restart-client',
            'check-volume',
            'swap-volumes',
            'stop-client',
            'start-client',
          ] as const),
        ]),
        {
          sid: 'ReadPolicies',
          actions: ['dlm:GetLifecyclePolicy'],
          resources: [arn(scope, 'dlm', 'policy/*')],
          wildcard: 'Policies that people have made are known by what they target, not by name.',
        },
        tellOthers(scope, [functionNames.registerNodes, functionNames.rotatePeers]),
      ],
      policies: {
        Volumes: volumes(scope, props, kmsKeys),
        Tags: [
          ...tagGrants(scope, fleets, {
            creations: ['CopyVolumes', 'CreateVolume', 'RunInstances'],
            kinds: ['instance', 'volume', 'snapshot'],
            actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
          }),
          ledgerGrants(scope),
          selectorTagGrants(scope, fleets),
        ],
        Instances: [
          ...instanceGrants(scope, fleets, 'MoveOnNodes', [
            ...([
              'ec2:AssociateAddress',
              'ec2:AttachVolume',
              'ec2:DetachVolume',
              'ec2:ModifyInstanceAttribute',
            ] as const),
            ...(['ec2:StartInstances', 'ec2:StopInstances'] as const),
          ]),
          ...launchGrants(scope, fleets, nodeRoles),
          ...belongings(scope, props),
        ],
      },
      account: true,
      executionTimeout: EXECUTION_TIMEOUT,
    });
  }
}

function volumes(scope: Construct, { fleets }: HealProps, kmsKeys: readonly string[]): Grant[] {
  const anyVolume = [arn(scope, 'ec2', 'volume/*')];
  return [
    // Attaching needs the volume's tags and the instance's; what is to be cut off from a node need only be the node's.
    ...volumeGrants(scope, fleets, 'AttachOfFleets', ['ec2:AttachVolume']),
    {
      sid: 'PutRootsBack',
      actions: ['ec2:AttachVolume'],
      resources: anyVolume,
      wildcard:
        'The root that was taken off a dead instance, so that nobody starts it, seldom carries tags, and must come back. The instance has to be a fleet’s.',
    },
    {
      sid: 'DetachFromNodes',
      actions: ['ec2:DetachVolume', 'ec2:ModifyInstanceAttribute'],
      resources: anyVolume,
      wildcard:
        'Root volumes seldom carry tags. Both actions are asked for on the instance, too, and that has to be a fleet’s ("Example policies", EC2 user guide).',
    },
    ...creationGrants(scope, fleets, 'volume', ['ec2:CreateVolume']),
    ...copying(scope, fleets),
    ...snapshotGrants(scope, fleets, 'ReadAndHold', ['ec2:CreateVolume', 'ec2:LockSnapshot', 'ec2:UnlockSnapshot']),
    ...volumeKeyGrants(scope, kmsKeys),
  ];
}

/** CopyVolumes knows its source by its id alone, and no condition on it: whose it is, is fenced in code, and granted where a fleet asks for it. */
function copying(scope: Construct, fleets: HealProps['fleets']): Grant[] {
  if (!fleets.some(({ replace }) => replace.source === 'sibling')) return [];
  return [
    {
      sid: 'CopyOfSiblings',
      actions: ['ec2:CopyVolumes'],
      resources: [arn(scope, 'ec2', 'volume/*')],
      wildcard: 'The source of CopyVolumes has no condition keys (Service Authorization Reference).',
    },
  ];
}

/** What points at an instance points at another; a group sets one aside, where a fleet asks for that. */
function belongings(scope: Construct, { fleets }: HealProps): Grant[] {
  const standby = fleets.some(({ replace }) => replace.autoScaling === 'standby');
  return [
    {
      sid: 'MoveAddresses',
      actions: ['ec2:AssociateAddress'],
      resources: [arn(scope, 'ec2', 'elastic-ip/*')],
      wildcard: 'Addresses seldom carry tags; the instance that one goes to must be a fleet’s.',
    },
    {
      sid: 'MoveTargets',
      actions: ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
      resources: [arn(scope, 'elasticloadbalancing', 'targetgroup/*')],
      wildcard: 'Which target groups a node is in, is read; their targets are no resources.',
    },
    ...(standby
      ? [
          {
            sid: 'SetAside',
            actions: ['autoscaling:EnterStandby', 'autoscaling:ExitStandby'],
            resources: [arn(scope, 'autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*')],
            wildcard: 'Which group a node is in, its tags tell.',
          },
        ]
      : []),
  ];
}

/** To have names, alarms and peers looked after at once. */
export const tellOthers = (scope: Construct, names: readonly string[]): Grant => ({
  sid: 'TellOthers',
  actions: ['lambda:InvokeFunction'],
  resources: names.map((name) => arn(scope, 'lambda', `function:${name}`)),
});
