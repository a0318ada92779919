// The literal names of the stack. People type them, functions get them by environment, and policies restrict by them.
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

export const functionNames = {
  dispatchHeal: 'chainmend-dispatch-heal',
  resizeVolume: 'chainmend-resize-volume',
  registerNodes: 'chainmend-register-nodes',
  watchFleet: 'chainmend-watch-fleet',
  rotatePeers: 'chainmend-rotate-peers',
  replaceNode: 'chainmend-replace-node',
  snapshotNode: 'chainmend-snapshot-node',
  auditSnapshots: 'chainmend-audit-snapshots',
  planSnapshots: 'chainmend-plan-snapshots',
  markRoot: 'chainmend-mark-root',
  pruneRetired: 'chainmend-prune-retired',
  seedGroups: 'chainmend-seed-groups',
  checkReadiness: 'chainmend-check-readiness',
  watchReleases: 'chainmend-watch-releases',
  relayPages: 'chainmend-relay-pages',
} as const;

/**
 * The durable functions, each behind an alias. The other functions may read the state of an execution, because any of them can meet its lease on a
 * node.
 */
export const healNames = [functionNames.resizeVolume, functionNames.replaceNode, functionNames.snapshotNode] as const;

/** One function for each VPC: the VPC's id follows the prefix. */
export const probeNodesPrefix = 'chainmend-probe-nodes-';

/** Executions are started through this alias only: unqualified, a replay could run on other code. */
export const liveAlias = 'live';

export const parameterPrefix = '/chainmend';

/** Incidents, leases and the journal. */
export const tableName = 'chainmend';

/**
 * Namespace of the metrics that the suite publishes. `Sweeps` counts the completed sweeps, `BrokenFleetFiles` the fleet files that they could not
 * read.
 */
export const metricNamespace = 'chainmend';

/**
 * Alarms of nodes have names `chainmend-…`, and the dispatcher listens to them. Alarms on the suite itself must not reach it, so their names start
 * otherwise.
 */
export const nodeAlarmPrefix = 'chainmend-';
export const suiteAlarmPrefix = 'chainmend/';

/** ARN of something in the stack's own account and region: `arn(this, 'ssm', 'parameter/chainmend/pause')`. */
export const arn = (scope: Construct, service: string, resource: string) => {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
};

/** The topic of the pages. */
export const topicName = 'chainmend-pages';
