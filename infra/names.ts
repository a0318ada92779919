// The literal names of the stack: what people type, what functions are told by environment, and what policies fence by.
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
  planSnapshots: 'chainmend-plan-snapshots',
  markRoot: 'chainmend-mark-root',
  pruneRetired: 'chainmend-prune-retired',
} as const;

/** Durable, each behind an alias; what an execution is, the others may ask about: whose lease a node's is, any of them can meet. */
export const healNames = [functionNames.resizeVolume, functionNames.replaceNode, functionNames.snapshotNode] as const;

/** One for each VPC: the VPC's id stands behind it. */
export const probeNodesPrefix = 'chainmend-probe-nodes-';

/** Executions are started through this alias only: unqualified, a replay could meet code that is not its own. */
export const liveAlias = 'live';

export const parameterPrefix = '/chainmend';

/** Incidents, leases and the journal. */
export const tableName = 'chainmend';

/** Namespace of the metrics that the suite publishes; `Sweeps` counts the sweeps that came to their end, `BrokenFleetFiles` what they could not read. */
export const metricNamespace = 'chainmend';

/**
 * Alarms of nodes are called `chainmend-…`, and the dispatcher listens to them. Alarms on the suite itself must not
 * lead there, so their names start otherwise.
 */
export const nodeAlarmPrefix = 'chainmend-';
export const suiteAlarmPrefix = 'chainmend/';

/** ARN of something in the stack's own account and region: `arn(this, 'ssm', 'parameter/chainmend/pause')`. */
export const arn = (scope: Construct, service: string, resource: string) => {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
};
