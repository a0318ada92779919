// replace-node: heals a node that does not follow its chain, from a restart up to another instance, as one durable execution: see heal.ts.
import { type ReplaceClients, replaceClients } from '../../shared/aws/clients.ts';
import { durableHeal, runHeal } from '../../shared/heal/engine.ts';
import type { ReplacePayload } from '../../shared/model/payload.ts';
import { REPLACE_NODE } from './heal.ts';
import { ENVIRONMENT, type Variable } from './state.ts';

export { replaceClients as awsClients };

export const createHandler = durableHeal<ReplacePayload, Variable, ReplaceClients>({
  kind: 'replace-node',
  environment: ENVIRONMENT,
  run: (durable, context) => runHeal(REPLACE_NODE, durable, context),
});

export const handler = createHandler({ clients: replaceClients() });
