// snapshot-node: the durable heal that stops one node cleanly for a set of snapshots, and then starts it immediately.
import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { KEEP_UNTIL_TAG, LEDGER_TAGS } from '../../shared/model/tags.ts';
import { DurableHeal, type HealProps, observeGrants } from './durable-heal.ts';
import { sendCommandGrants } from './fleet-grants.ts';
import { creationGrants, snapshotGrants, tagAtCreation } from './replace-grants.ts';
import { invokeOthersGrant } from './replace-node.ts';
import { hintAliasOf } from './suite-function.ts';
import { suiteNames } from './suite-names.ts';
import { ledgerGrants } from './tag-grants.ts';

/** A client may take an hour to stop and one to start. The first snapshot of terabytes takes hours to complete, with the node up again. */
const EXECUTION_TIMEOUT = Duration.hours(72);

export class SnapshotNode extends DurableHeal {
  constructor(scope: Construct, id: string, props: HealProps) {
    const { fleets, commands } = props;
    super(scope, id, {
      ...props,
      functionName: suiteNames(scope).functions.snapshotNode,
      description: 'Takes snapshots of a node whose client has ended cleanly, and starts it again.',
      environment: {
        INSPECT_NODE_DOCUMENT: commands.inspectNode,
        STOP_CLIENT_DOCUMENT: commands.stopClient,
        START_CLIENT_DOCUMENT: commands.startClient,
        REGISTER_NODES_FUNCTION: hintAliasOf(suiteNames(scope).functions.registerNodes),
      },
      grants: [
        ...observeGrants(['ec2:DescribeInstances', 'ec2:DescribeSnapshots', 'ec2:DescribeTags', 'ec2:DescribeVolumes']),
        ...sendCommandGrants(scope, fleets, ['inspect-node', 'stop-client', 'start-client']),
        invokeOthersGrant(scope, [suiteNames(scope).functions.registerNodes]),
        // On the node, on each of its volumes, and on their snapshots.
        ...snapshotGrants(scope, fleets),
        ...creationGrants(scope, fleets, 'snapshot', ['ec2:CreateSnapshots']),
        tagAtCreation(scope, ['CreateSnapshots'], 'snapshot'),
        ...ledgerGrants(fleets, [LEDGER_TAGS.quarantined, KEEP_UNTIL_TAG, LEDGER_TAGS.role], ['ec2:CreateTags']),
      ],
      executionTimeout: EXECUTION_TIMEOUT,
    });
  }
}
