// resize-volume: the durable heal that grows a volume, or has its owner's command prune what lies on it.
import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DurableHeal, type HealProps, observeGrants } from './durable-heal.ts';
import { modifyVolumeGrants, sendCommandGrants } from './fleet-grants.ts';
import { invokeOthersGrant } from './replace-node.ts';
import { hintAliasOf } from './suite-function.ts';
import { suiteNames } from './suite-names.ts';

/**
 * The limit behind the dispatcher's deadline (8 h, and the wait for an approval). It is a day longer than the longest wait for an approval (48 h by
 * the fleet file's schema): in a day, EBS's rolling budget comes back. And it ends: a heal that nobody stops must not hold its node's lease for ever.
 */
const EXECUTION_TIMEOUT = Duration.hours(72);

export class ResizeVolume extends DurableHeal {
  constructor(scope: Construct, id: string, props: HealProps) {
    super(scope, id, {
      ...props,
      functionName: suiteNames(scope).functions.resizeVolume,
      description: 'Grows a full volume of a blockchain node, and proves it.',
      environment: {
        OBSERVE_NODE_DOCUMENT: props.commands.observeNode,
        GROW_FILESYSTEM_DOCUMENT: props.commands.growFilesystem,
        RESTART_CLIENT_DOCUMENT: props.commands.restartClient,
        REGISTER_NODES_FUNCTION: hintAliasOf(suiteNames(scope).functions.registerNodes),
      },
      grants: [
        ...observeGrants([
          'ec2:DescribeInstances',
          'ec2:DescribeTags',
          'ec2:DescribeVolumes',
          'ec2:DescribeVolumesModifications',
          'cloudwatch:GetMetricData',
          'cloudwatch:ListMetrics',
        ]),
        ...modifyVolumeGrants(scope, props.fleets),
        ...sendCommandGrants(scope, props.fleets, ['observe-node', 'grow-filesystem', 'restart-client']),
        invokeOthersGrant(scope, [suiteNames(scope).functions.registerNodes]),
      ],
      executionTimeout: EXECUTION_TIMEOUT,
    });
  }
}
