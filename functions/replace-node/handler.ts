// replace-node: helps a node that does not follow its chain, from a restart up to another instance, as one durable execution. It only
// interprets the decisions; see decide.ts.
import { type ReplaceClients, replaceClients } from '../../shared/aws/clients.ts';
import { durableHeal } from '../../shared/heal/engine.ts';
import type { ReplacePayload } from '../../shared/model/payload.ts';
import { attempt } from './attempt.ts';
import { ENVIRONMENT, type Variable } from './state.ts';

export { replaceClients as awsClients };

export const createHandler = durableHeal<ReplacePayload, Variable, ReplaceClients>({
  kind: 'replace-node',
  environment: ENVIRONMENT,
  run: attempt,
});

export const handler = createHandler({ clients: replaceClients() });
