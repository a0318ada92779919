// probe-nodes: runs in the nodes' VPC and asks them the questions of its request. It decides nothing and changes nothing. The only secret that it
// knows is the RPC credentials of the fleet in its request.
import middy from '@middy/core';
import pMap, { pMapSkip } from 'p-map';
import { probeClients as awsClients, type ProbeClients as Clients } from '../../shared/aws/clients.ts';
import { logged } from '../../shared/aws/log.ts';
import type { Reading } from '../../shared/chains/client.ts';
import type { Credentials } from '../../shared/chains/fetch.ts';
import { askPeers, askStatus } from '../../shared/probe/network-probe.ts';
import type {
  PeersReading,
  ProbeAnswer,
  ProbeRequest,
  ProbeTarget,
  StatusReading,
} from '../../shared/probe/protocol.ts';
import { peersQuestion, statusQuestions } from '../../shared/probe/questions.ts';
import { parseProbeRequest } from '../../shared/probe/request.ts';
import { type CredentialsReading, readCredentials } from './credentials.ts';

export { awsClients };

export function createHandler({ clients }: { readonly clients: Pick<Clients, 'ssm' | 'secretsmanager'> }) {
  const probe = async (event: unknown): Promise<ProbeAnswer> => {
    const request = parseProbeRequest(event);
    return askAll(request, await readCredentials(clients, request.rpc.credentials));
  };
  return middy<unknown, ProbeAnswer>().use(logged()).handler(probe);
}

export const handler = createHandler({ clients: awsClients() });

/** The sandbox's 512 MB hold this many answers of some MB each; metrics pages are the largest. */
const AT_ONCE = 50;
/**
 * By then five silent groups of fifty, of 4 s each, have had their turn. A node that begins last has 12 s for three rounds. 30 s in all are well
 * below the caller's timeout (`PROBE_REQUEST_TIMEOUT_MS`), and its minute.
 */
const BEGIN_FOR_MS = 18_000;

/** Each node answers for itself, and none holds up the others. Never rejects. Targets that were not reached in time have no reading. */
async function askAll(request: ProbeRequest, read: CredentialsReading): Promise<ProbeAnswer> {
  const { ask, targets } = request;
  const wrong = 'misconfigured' in read ? read.misconfigured : requestFault(request);
  if (wrong !== null) return refusedAnswer(request, wrong);
  const credentials: Credentials | undefined = 'credentials' in read ? read.credentials : undefined;
  if (ask.what === 'status') {
    const statuses = await withConcurrencyLimit(targets, (target) =>
      askStatus(request, ask.heights, target, credentials),
    );
    return { statuses, peers: [] };
  }
  return {
    statuses: [],
    peers: await withConcurrencyLimit(targets, (target) => askPeers(request, target, credentials)),
  };
}

/** What the fleet file lacks, so that no node can be asked; null where it lacks nothing. */
function requestFault(request: ProbeRequest): string | null {
  try {
    if (request.ask.what === 'status') statusQuestions(request, request.ask.heights);
    else peersQuestion(request);
    return null;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return error.message;
    throw error;
  }
}

function refusedAnswer({ ask, targets }: ProbeRequest, reason: string): ProbeAnswer {
  const refused: Reading<never> = { kind: 'error', code: 'misconfigured', reason };
  const statuses: StatusReading[] = targets.map(({ instanceId }) => ({ instanceId, status: refused }));
  const peers: PeersReading[] = targets.map(({ instanceId }) => ({ instanceId, peers: refused }));
  return ask.what === 'status' ? { statuses, peers: [] } : { statuses: [], peers };
}

function withConcurrencyLimit<T>(
  targets: readonly ProbeTarget[],
  work: (target: ProbeTarget) => Promise<T>,
): Promise<readonly T[]> {
  const untilMs = Date.now() + BEGIN_FOR_MS;
  const ask = (target: ProbeTarget) => (Date.now() < untilMs ? work(target) : pMapSkip);
  return pMap(targets, ask, { concurrency: AT_ONCE });
}
