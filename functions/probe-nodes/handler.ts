// probe-nodes: stands in the nodes' VPC and asks what it is told to. It decides nothing, changes nothing, and knows no secret but the
// RPC credentials of the fleet that it is asked about.
import middy from '@middy/core';
import { probeClients as awsClients, type ProbeClients as Clients } from '../../shared/aws/clients.ts';
import { logged } from '../../shared/aws/log.ts';
import type { ProbeAnswer } from '../../shared/probe/protocol.ts';
import { parseProbeRequest } from '../../shared/probe/request.ts';
import { askAll } from './asking.ts';
import { readCredentials } from './credentials.ts';

export { awsClients };

export function createHandler({ clients }: { readonly clients: Pick<Clients, 'ssm' | 'secretsmanager'> }) {
  const probe = async (event: unknown): Promise<ProbeAnswer> => {
    const request = parseProbeRequest(event);
    return askAll(request, await readCredentials(clients, request.rpc.credentials));
  };
  return middy<unknown, ProbeAnswer>().use(logged()).handler(probe);
}

export const handler = createHandler({ clients: awsClients() });
