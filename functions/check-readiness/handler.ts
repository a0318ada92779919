// check-readiness: once a day it looks whether each heal of each node would work now, and tells people what no longer would. It only reads AWS: dry runs need
// the rights of the calls themselves, which no function has that only looks; `chainmend doctor` asks for them.
import middy from '@middy/core';
import { type ReadinessClients, readinessClients } from '../../shared/aws/clients.ts';
import { NO_KEYS } from '../../shared/aws/keys.ts';
import { logged } from '../../shared/aws/log.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { attempt } from '../../shared/readiness/attempt.ts';
import type { Surroundings } from '../../shared/readiness/read-fleet.ts';
import { quotaReader } from '../../shared/readiness/read-quotas.ts';
import { fleetContext } from '../../shared/reconcile/context.ts';
import {
  fleetsNamed,
  type LambdaContext,
  openInvocation,
  readAllFleets,
  reconcileFleets,
} from '../../shared/reconcile/invocation.ts';
import { checkFleet, READINESS, type ReadinessSummary } from './check.ts';
import { isLookedAt } from './decide.ts';
import { parseReadinessEvent } from './event.ts';

export { readinessClients as awsClients };

/** Of the schedule. */
const EVERY_MS = 24 * 60 * 60_000;
/** Of the function's 300 s: a fleet of 500 nodes takes a minute. What is left comes first another day, and is told in the log. */
const WORK_MS = 200_000;

export function createHandler({ clients }: { readonly clients: ReadinessClients }) {
  const check = async (event: unknown, lambda: LambdaContext): Promise<readonly ReadinessSummary[]> => {
    const invocation = openInvocation({ clients, variables: ['REPLACE_ROLE', 'KMS_KEYS'], workMs: WORK_MS }, lambda);
    const { fleet: name } = parseReadinessEvent(event);
    const settings = await readAllFleets(invocation);
    const { environment, store, startedAtMs } = invocation;
    const around: Surroundings = {
      ...{ clients, store, settings: { value: settings }, isDeployed: true, nowMs: startedAtMs },
      // arn:aws:lambda:REGION:ACCOUNT:function:NAME
      accountId: lambda.invokedFunctionArn?.split(':')[4] ?? '',
      region: lambda.invokedFunctionArn?.split(':')[3] ?? '',
      callerArn: null,
      parameterPrefix: environment.PARAMETER_PREFIX,
      replaceRole: environment.REPLACE_ROLE,
      kmsKeys: environment.KMS_KEYS === NO_KEYS ? [] : environment.KMS_KEYS.split(','),
      nodeRecords: await attempt('the leases of the nodes', () => store.readNodes()),
      readQuotas: quotaReader(clients),
      status: () => {},
    };
    const fleets = fleetsNamed(settings.fleets, name).filter((fleet) => isLookedAt(fleet, name));
    return reconcileFleets(invocation, fleets, {
      everyMs: EVERY_MS,
      reconcile: (fleet: Fleet) => checkFleet(fleetContext(invocation, READINESS, fleet), around),
    });
  };
  return middy<unknown, readonly ReadinessSummary[]>().use(logged()).handler(check);
}

export const handler = createHandler({ clients: readinessClients() });
