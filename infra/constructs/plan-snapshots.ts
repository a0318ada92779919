// plan-snapshots: chooses the node of a fleet to stop for its next clean snapshot. It only reads, and only the dispatcher calls it.
import { Construct } from 'constructs';
import type { HealProps } from './durable-heal.ts';
import { SynchronousFunction } from './suite-function.ts';
import { suiteNames } from './suite-names.ts';

/** The dispatcher waits a little longer. */
const TIMEOUT_SECONDS = 30;

export class PlanSnapshots extends Construct {
  readonly suiteFunction: SynchronousFunction;

  constructor(
    scope: Construct,
    id: string,
    { bundles, state, settings }: Pick<HealProps, 'bundles' | 'state' | 'settings'>,
  ) {
    super(scope, id);
    this.suiteFunction = new SynchronousFunction(this, 'PlanSnapshots', {
      functionName: suiteNames(this).functions.planSnapshots,
      description: 'Says which node is to be stopped for the next clean snapshot.',
      bundles,
      environment: { TABLE_NAME: state.table.tableName, PARAMETER_PREFIX: suiteNames(this).parameterPrefix },
      grants: [
        ...state.grants('plan-snapshots'),
        settings.grantAll(),
        {
          sid: 'ReadNodesAndSnapshots',
          actions: [
            'ec2:DescribeInstances',
            'ec2:DescribeLockedSnapshots',
            'ec2:DescribeSnapshots',
            'ec2:DescribeVolumes',
          ],
          resources: ['*'],
          wildcard: 'These reads have no resource-level permissions (Service Authorization Reference).',
        },
      ],
      timeoutSeconds: TIMEOUT_SECONDS,
    });
  }
}
