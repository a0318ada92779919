// dispatch-heal: all heals start here. Alarm changes, contributor changes, the sweep of every minute and requests of people all become incidents.
import middy from '@middy/core';
import { metricsClients as awsClients, type MetricsClients as Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logged, logInfo } from '../../shared/aws/log.ts';
import type { AcknowledgeAnswer } from '../../shared/events/acknowledge.ts';
import type { DispatchAnswer } from '../../shared/events/answer.ts';
import { parseDispatchEvent } from '../../shared/events/dispatch.ts';
import { createStore } from '../../shared/heal/store.ts';
import { acknowledgePages } from './acknowledge.ts';
import { considerAlarm } from './alarm-event.ts';
import { requestCleanSnapshots } from './clean-snapshots.ts';
import { type DispatcherServices, ENVIRONMENT } from './context.ts';
import { handleDrill, wantDrills } from './drills.ts';
import { handleRequest } from './requests.ts';
import { sweep } from './sweep.ts';
import { handleUpgrade } from './upgrades.ts';

export { awsClients };

export function createHandler({ clients }: { readonly clients: Clients }) {
  const dispatch = async (event: unknown): Promise<DispatchAnswer | AcknowledgeAnswer | undefined> => {
    const environment = readEnvironment(ENVIRONMENT);
    const services: DispatcherServices = {
      clients,
      environment,
      store: createStore(clients.dynamodb, environment.TABLE_NAME),
    };
    const parsed = parseDispatchEvent(event);
    switch (parsed.kind) {
      case 'ignored':
        logInfo({ ignored: parsed.reason });
        return undefined;
      case 'sweep':
        await sweep(services);
        return undefined;
      case 'snapshots':
        await requestCleanSnapshots(services);
        return undefined;
      case 'alarm':
      case 'contributor':
        await considerAlarm(services, parsed);
        return undefined;
      case 'acknowledge':
        return acknowledgePages(services, parsed);
      case 'upgrade':
        return handleUpgrade(services, parsed);
      case 'drill':
        return handleDrill(services, parsed);
      case 'policy-error':
        await wantDrills(services, parsed.policyId);
        return undefined;
      case 'manual':
      case 'request':
      case 'snapshot':
        return handleRequest(services, parsed);
    }
  };
  return middy<unknown, DispatchAnswer | AcknowledgeAnswer | undefined>().use(logged()).handler(dispatch);
}

export const handler = createHandler({ clients: awsClients() });
