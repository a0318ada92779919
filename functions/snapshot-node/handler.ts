// snapshot-node: takes a snapshot of a client that has ended cleanly, as one durable execution: see acts.ts and decide.ts.
import { awsClients } from '../../shared/aws/clients.ts';
import { durableHeal, runHeal } from '../../shared/heal/engine.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import { SNAPSHOT } from './acts.ts';
import { ENVIRONMENT, type Variable } from './state.ts';

export { awsClients };

export const createHandler = durableHeal<SnapshotPayload, Variable>({
  kind: 'snapshot-node',
  environment: ENVIRONMENT,
  run: (durable, context) => runHeal(SNAPSHOT, durable, context),
});

export const handler = createHandler({ clients: awsClients() });
