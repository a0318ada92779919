// resize-volume: grows a full volume, as one durable execution: see acts.ts.
import { metricsClients as awsClients, type MetricsClients } from '../../shared/aws/clients.ts';
import { durableHeal, runHeal } from '../../shared/heal/engine.ts';
import type { ResizePayload } from '../../shared/model/payload.ts';
import { RESIZE } from './acts.ts';
import { ENVIRONMENT } from './state.ts';

export { awsClients };

export const createHandler = durableHeal<ResizePayload, (typeof ENVIRONMENT)[number], MetricsClients>({
  kind: 'resize-volume',
  environment: ENVIRONMENT,
  run: (durable, context) => runHeal(RESIZE, durable, context),
});

export const handler = createHandler({ clients: awsClients() });
