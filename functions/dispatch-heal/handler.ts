// dispatch-heal: the one door. An alarm's change, a contributor's, the sweep of every minute and a person's call all become incidents here.
import middy from '@middy/core';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logged, logInfo } from '../../shared/aws/log.ts';
import type { DispatchAnswer } from '../../shared/events/answer.ts';
import { parseDispatchEvent } from '../../shared/events/dispatch.ts';
import { createStore } from '../../shared/heal/store.ts';
import { considerAlarm } from './alarm-event.ts';
import { type Door, ENVIRONMENT } from './consider.ts';
import { answerPerson } from './person.ts';
import { snapshotRound } from './snapshots.ts';
import { sweep } from './sweep.ts';

export { awsClients };

export function createHandler({ clients }: { readonly clients: Clients }) {
  const dispatch = async (event: unknown): Promise<DispatchAnswer | undefined> => {
    const environment = readEnvironment(ENVIRONMENT);
    const door: Door = { clients, environment, store: createStore(clients.dynamodb, environment.TABLE_NAME) };
    const parsed = parseDispatchEvent(event);
    switch (parsed.kind) {
      case 'ignored':
        logInfo({ ignored: parsed.reason });
        return undefined;
      case 'sweep':
        await sweep(door);
        return undefined;
      case 'snapshots':
        await snapshotRound(door);
        return undefined;
      case 'alarm':
      case 'contributor':
        await considerAlarm(door, parsed);
        return undefined;
      case 'manual':
      case 'request':
      case 'snapshot':
        return answerPerson(door, parsed);
    }
  };
  return middy<unknown, DispatchAnswer | undefined>().use(logged()).handler(dispatch);
}

export const handler = createHandler({ clients: awsClients() });
