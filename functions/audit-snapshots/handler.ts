// audit-snapshots: proves that a node comes back from a set of snapshots, on an instance that is thrown away, as one durable execution: see acts.ts and
// decide.ts.
import { awsClients } from '../../shared/aws/clients.ts';
import { durableHeal, runHeal } from '../../shared/heal/engine.ts';
import type { DrillPayload } from '../../shared/model/payload.ts';
import { DRILL } from './acts.ts';
import { ENVIRONMENT, type Variable } from './state.ts';

export { awsClients };

export const createHandler = durableHeal<DrillPayload, Variable>({
  kind: 'audit-snapshots',
  environment: ENVIRONMENT,
  run: (durable, context) => runHeal(DRILL, durable, context),
});

export const handler = createHandler({ clients: awsClients() });
