// Who the nodes are connected to: asked over the network by the function in their VPC, or on the nodes themselves, where the calls are
// unsafe or the RPC listens on its loopback only.
import { askForText } from '../../shared/aws/ask.ts';
import { isThrottling } from '../../shared/aws/refused.ts';
import type { Answer, ChainClient, ChainRequest, NodePeers, Question, Reading } from '../../shared/chains/client.ts';
import { type PeerCommand, unpackAnswers } from '../../shared/node-commands/peer-command.ts';
import { parseProbeAnswer } from '../../shared/probe/answer.ts';
import { type ProbeRequest, TARGETS_A_REQUEST } from '../../shared/probe/protocol.ts';
import { errorText } from '../../shared/text/plain-text.ts';
import { type CommandResult, readAgents, runOnNodes } from './commands.ts';
import type { Work } from './tools.ts';

export interface Asked {
  readonly instanceId: string;
  readonly host: string;
}

export type PeersClient = ChainClient & { readonly peers: NonNullable<ChainClient['peers']> };

/** One reading for each node; a node that cannot be asked has one that says why. */
export async function askPeers(
  work: Work,
  client: PeersClient,
  nodes: readonly Asked[],
): Promise<ReadonlyMap<string, Reading<NodePeers>>> {
  const { probe } = work.fleet;
  if (client.peers.reach === 'network' && probe?.by === 'vpc') return askOverNetwork(work, probe.vpcId, nodes);
  return askOnNodes(work, client.peers, nodes);
}

async function askOverNetwork(
  { clients, environment, fleet }: Work,
  vpcId: string,
  nodes: readonly Asked[],
): Promise<ReadonlyMap<string, Reading<NodePeers>>> {
  const readings = new Map<string, Reading<NodePeers>>();
  const stopGraceSeconds = fleet.units[0]?.stopGraceSeconds ?? 1;
  for (let from = 0; from < nodes.length; from += TARGETS_A_REQUEST) {
    const targets = nodes.slice(from, from + TARGETS_A_REQUEST);
    const { name, chain, rpc } = fleet;
    const request: ProbeRequest = {
      kind: 'probe',
      fleet: name,
      chain,
      stopGraceSeconds,
      rpc,
      ask: { what: 'peers' },
      targets,
    };
    const probe = `${environment.PROBE_FUNCTION_PREFIX}${vpcId}`;
    const answer = await unlessThrottled(() => askForText(clients, probe, request));
    if ('throttled' in answer) {
      // Nobody knows their peers: the next run asks again, in five minutes.
      for (const { instanceId } of targets) readings.set(instanceId, unasked(answer.throttled));
      continue;
    }
    for (const { instanceId, peers: reading } of parseProbeAnswer(probe, answer.text).peers)
      readings.set(instanceId, reading);
  }
  return readings;
}

async function unlessThrottled(
  call: () => Promise<string>,
): Promise<{ readonly text: string } | { readonly throttled: string }> {
  try {
    return { text: await call() };
  } catch (error) {
    if (!isThrottling(error)) throw error;
    return { throttled: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

const unasked = (reason: string): Reading<NodePeers> => ({ kind: 'error', code: 'unreachable', reason });

async function askOnNodes(
  work: Work,
  question: Question<NodePeers>,
  nodes: readonly Asked[],
): Promise<ReadonlyMap<string, Reading<NodePeers>>> {
  const command = clientCommand(work, 'ask-peers', question.requests);
  const readings = new Map<string, Reading<NodePeers>>();
  if ('refused' in command) {
    for (const { instanceId } of nodes)
      readings.set(instanceId, { kind: 'error', code: 'misconfigured', reason: command.refused });
    return readings;
  }
  const agents = await readAgents(
    work,
    nodes.map(({ instanceId }) => instanceId),
  );
  const able = nodes.filter(({ instanceId }) => agents.get(instanceId) === null);
  const results = await runOnNodes(
    work,
    work.nextId,
    able.map(({ instanceId }) => instanceId),
    command,
  );
  for (const { instanceId } of nodes) {
    const agent = agents.get(instanceId);
    const result = results.get(instanceId);
    if (agent) readings.set(instanceId, unasked(agent.reason));
    else if (result?.state !== 'answered') readings.set(instanceId, unasked(result?.reason ?? 'it was not asked'));
    else readings.set(instanceId, readingOf(question, result));
  }
  return readings;
}

type Told = Extract<CommandResult<'ask-peers' | 'change-peers'>, { readonly state: 'answered' }>;

function readingOf(question: Question<NodePeers>, told: Told): Reading<NodePeers> {
  const answers = answersOf(told, question.requests);
  if (typeof answers === 'string') return { kind: 'error', code: 'malformed', reason: answers };
  const reading = question.read(answers);
  // No client asks a second time about its peers.
  return reading.kind === 'next' ? { kind: 'error', code: 'malformed', reason: 'it asks for more' } : reading;
}

/** The client's own answers, or why there are none. */
export function answersOf({ answer, atMs }: Told, requests: readonly ChainRequest[]): readonly Answer[] | string {
  if (answer.after === null) return `${answer.result}: ${answer.reason ?? 'no reason given'}`;
  try {
    return unpackAnswers(answer.after, requests, atMs);
  } catch (error) {
    return errorText(error, 300);
  }
}

type Asking = Extract<PeerCommand, { readonly endpoint: string }>;

/** Requests to the client on a node's own loopback. A secret that is not on the node is not brought there. */
export function clientCommand(
  { fleet }: Work,
  operation: Asking['operation'],
  requests: readonly ChainRequest[],
): Asking | { readonly refused: string } {
  const { scheme, port, path, credentials } = fleet.rpc;
  if (credentials && credentials.kind !== 'file')
    return { refused: 'its credentials are a secret that is not on the node, and no command carries one there' };
  const endpoint = `${scheme}://127.0.0.1:${port}${path}`;
  return { operation, endpoint, credentialsFile: credentials?.path, requests };
}
