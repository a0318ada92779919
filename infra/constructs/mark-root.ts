// mark-root: tags the root volume of a stopped node, so that replace-node may attach it again. Only replace-node calls it.
import { Construct } from 'constructs';
import type { HealProps } from './durable-heal.ts';
import { rootTagGrants } from './replace-grants.ts';
import { SynchronousFunction } from './suite-function.ts';
import { suiteNames } from './suite-names.ts';

/** replace-node waits a little longer. */
const TIMEOUT_SECONDS = 30;

export class MarkRoot extends Construct {
  readonly suiteFunction: SynchronousFunction;

  constructor(
    scope: Construct,
    id: string,
    { bundles, fleets, settings }: Pick<HealProps, 'bundles' | 'fleets' | 'settings'>,
  ) {
    super(scope, id);
    this.suiteFunction = new SynchronousFunction(this, 'MarkRoot', {
      functionName: suiteNames(this).functions.markRoot,
      description: 'Tags the root volume of a stopped node, so that it can be attached again.',
      bundles,
      environment: { PARAMETER_PREFIX: suiteNames(this).parameterPrefix },
      grants: [
        settings.grantByName(),
        {
          sid: 'ReadNodes',
          actions: ['ec2:DescribeInstances'],
          resources: ['*'],
          wildcard: 'This read has no resource-level permissions (Service Authorization Reference).',
        },
        ...rootTagGrants(this, fleets),
      ],
      timeoutSeconds: TIMEOUT_SECONDS,
    });
  }
}
