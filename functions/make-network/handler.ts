// make-network: makes the keys of a private network's nodes and its genesis, once, as a custom resource of the stack of these nodes (docs/adr/0042). What
// is there is never made again, and of a node's secret it can read the tags alone. It may be repeated at any time.
import { randomBytes } from 'node:crypto';
import middy from '@middy/core';
import { type ProbeClients as Clients, probeClients } from '../../shared/aws/clients.ts';
import { logged, logInfo } from '../../shared/aws/log.ts';
import { makeNetwork } from './make.ts';
import { type Answer, answerBody, askedIn, requestIn, respond } from './request.ts';

export { probeClients as awsClients };

export function createHandler({ clients }: { readonly clients: Clients }) {
  const make = async (event: unknown): Promise<void> => {
    const asked = askedIn(event);
    const answer: Answer =
      // The volumes stay when a stack is deleted, and so do the keys that are for them.
      asked.RequestType === 'Delete'
        ? { id: asked.PhysicalResourceId ?? NOTHING, data: {} }
        : await made(clients, event).catch((error: unknown) => ({ id: NOTHING, failed: String(error) }));
    logInfo({ network: answer.id, ...('failed' in answer && { failed: answer.failed }) });
    await respond(asked, answerBody(asked, answer));
  };
  return middy<unknown, void>().use(logged()).handler(make);
}

/** CloudFormation calls by this name what could not be made, when it takes the stack back. */
const NOTHING = 'nothing';

async function made({ secretsmanager: client }: Clients, event: unknown): Promise<Answer> {
  const { Network } = requestIn(event).ResourceProperties;
  return { id: Network.Secrets, data: await makeNetwork({ client, nowMs: Date.now(), random: randomBytes }, Network) };
}

export const handler = createHandler({ clients: probeClients() });
