// watch-fleet: looks at every node of every fleet each minute, says how each fares and why, and changes nothing. A pause does not stop
// it, nor does a mode: others decide by what it sees.
import middy from '@middy/core';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logged } from '../../shared/aws/log.ts';
import { EventError } from '../../shared/events/errors.ts';
import { createStore } from '../../shared/heal/store.ts';
import { ENVIRONMENT, sweep } from './sweep.ts';

export { awsClients };

export function createHandler({ clients }: { readonly clients: Clients }) {
  const watch = async (event: unknown): Promise<void> => {
    if (typeof event !== 'object' || event === null || !('kind' in event) || event.kind !== 'sweep')
      throw new EventError('kind', event, '{"kind":"sweep"}');
    const environment = readEnvironment(ENVIRONMENT);
    await sweep({ clients, environment, store: createStore(clients.dynamodb, environment.TABLE_NAME) });
  };
  return middy<unknown, void>().use(logged()).handler(watch);
}

export const handler = createHandler({ clients: awsClients() });
