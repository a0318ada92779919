// Asks one node over the network, as the function in its VPC does.

import type { Reading } from '../chains/client.ts';
import { askQuestion } from '../chains/client.ts';
import { type Credentials, httpFetcher } from '../chains/fetch.ts';
import type { PeersReading, ProbeQuestion, ProbeTarget, StatusReading } from './protocol.ts';
import { type PortQuestion, pathAt, peersQuestion, statusQuestions } from './questions.ts';

/** Never throws for a node. Takes as long as two or three fetches at most. */
export async function askStatus(
  question: ProbeQuestion,
  heights: readonly number[],
  target: ProbeTarget,
  credentials: Credentials | undefined,
): Promise<StatusReading> {
  const { status, consensus, geth, beacon } = statusQuestions(question, heights);
  const asked = <Facts>(at: PortQuestion<Facts>) => askAt(question, target, at, credentials);
  const [statusReading, consensusReading, gethReading, beaconReading] = await Promise.all([
    asked(status),
    consensus && asked(consensus),
    geth && asked(geth),
    beacon && asked(beacon),
  ]);
  return {
    instanceId: target.instanceId,
    status: statusReading,
    ...(consensusReading && { consensus: consensusReading }),
    ...(gethReading && { geth: gethReading }),
    ...(beaconReading && { beacon: beaconReading }),
  };
}

/** Never throws for a node. */
export async function askPeers(
  question: ProbeQuestion,
  target: ProbeTarget,
  credentials: Credentials | undefined,
): Promise<PeersReading> {
  return { instanceId: target.instanceId, peers: await askAt(question, target, peersQuestion(question), credentials) };
}

/** Credentials are only for the RPC: neither metrics nor a beacon node get them. */
function askAt<Facts>(
  { rpc }: ProbeQuestion,
  { host }: ProbeTarget,
  { port, question }: PortQuestion<Facts>,
  credentials: Credentials | undefined,
): Promise<Reading<Facts>> {
  const isRpc = port === rpc.port;
  const scheme = isRpc ? rpc.scheme : 'http';
  const url = `${scheme}://${host}:${port}${pathAt(rpc, port)}`;
  return askQuestion(question, httpFetcher({ url, certificate: 'any', ...(isRpc && credentials && { credentials }) }));
}
