// How nodes are asked and commanded about peers. A command goes to one node or to several, and is waited for. No lease is held: each command is
// bounded on the node, by what was read before, by its order among the runs' commands and by its start-by (docs/adr/0007). The function in the nodes'
// VPC asks over the network which peers are connected. Where the calls are unsafe, or the RPC listens on its loopback only, the nodes are asked by a
// command.
import { setTimeout } from 'node:timers/promises';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  InvocationDoesNotExist,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { commandWords, judgeAgent, noAnswerWords } from '../../shared/aws/commands.ts';
import { invokeForText } from '../../shared/aws/invoke.ts';
import { type AwsRefusal, catchRefusal, isThrottling } from '../../shared/aws/refusals.ts';
import type { Answer, ChainClient, ChainRequest, NodePeers, Question, Reading } from '../../shared/chains/client.ts';
import type { Target } from '../../shared/fleet/membership.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { startBySeconds } from '../../shared/node-commands/command.ts';
import type { PeerOperation } from '../../shared/node-commands/parameters.ts';
import {
  type PeerAnswer,
  type PeerCommand,
  type PeerCommandId,
  parsePeerAnswer,
  peerCommandParameters,
  peerRunLimitSeconds,
  unpackAnswers,
} from '../../shared/node-commands/peer-command.ts';
import { parseProbeAnswer } from '../../shared/probe/answer.ts';
import { type ProbeRequest, TARGETS_A_REQUEST } from '../../shared/probe/protocol.ts';
import { errorText } from '../../shared/text/plain-text.ts';
import type { RotateContext } from './context.ts';

/** "The IDs of the managed nodes … you can specify up to 50" (SendCommandRequest.InstanceIds, @aws-sdk/client-ssm). */
const INSTANCES_A_COMMAND = 50;

type CommandResult<Operation extends PeerOperation> =
  | { readonly state: 'answered'; readonly answer: PeerAnswer<Operation>; readonly atMs: number }
  /** It is not known what was done, if anything: the node is read again. */
  | { readonly state: 'unknown'; readonly reason: string };

/** Which of these nodes' agents take commands now; for the others, why not. One call for fifty nodes. */
export async function readAgents(
  { clients }: RotateContext,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, Refusal | null>> {
  const agents = new Map<string, Refusal | null>();
  for (const batch of batchesOf(instanceIds, INSTANCES_A_COMMAND)) {
    const { InstanceInformationList = [] } = await clients.ssm.send(
      new DescribeInstanceInformationCommand({
        Filters: [{ Key: 'InstanceIds', Values: [...batch] }],
        MaxResults: INSTANCES_A_COMMAND,
      }),
    );
    for (const instanceId of batch)
      agents.set(instanceId, judgeAgent(InstanceInformationList.find(({ InstanceId }) => InstanceId === instanceId)));
  }
  return agents;
}

/** Runs the same command on several nodes and collects their agents' answers. */
export async function runOnNodes<Command extends PeerCommand>(
  context: RotateContext,
  nextId: () => PeerCommandId,
  targets: readonly Target[],
  command: Command,
): Promise<ReadonlyMap<string, CommandResult<Command['operation']>>> {
  const sent: { readonly commandId: string; readonly batch: readonly Target[]; readonly overAtMs: number }[] = [];
  const results = new Map<string, CommandResult<Command['operation']>>();
  for (const batch of batchesOf(targets, INSTANCES_A_COMMAND)) {
    const begun = await catchRefusal(() => send(context, nextId(), batch, command));
    if (typeof begun === 'string') sent.push({ commandId: begun, batch, overAtMs: overAtMs(context, command) });
    // One batch of fifty nodes fails: the other batches are still asked.
    else for (const { instanceId } of batch) results.set(instanceId, sendFailure(begun));
  }
  // All batches are at work by now: a silent node in each of five batches costs only one waiting time.
  for (const { commandId, batch, overAtMs } of sent) {
    const answers = await Promise.all(
      batch.map(({ instanceId }) => awaitAnswer(context, commandId, instanceId, command, overAtMs)),
    );
    for (const [index, answer] of answers.entries()) results.set(batch[index]?.instanceId ?? '', answer);
  }
  return results;
}

/** @param id is written to the journal before, by the caller that intends a mutation */
export async function runOnNode<Command extends PeerCommand>(
  context: RotateContext,
  id: PeerCommandId,
  target: Target,
  command: Command,
): Promise<CommandResult<Command['operation']>> {
  const begun = await catchRefusal(() => send(context, id, [target], command));
  if (typeof begun !== 'string') return sendFailure(begun);
  return awaitAnswer(context, begun, target.instanceId, command, overAtMs(context, command));
}

const sendFailure = ({ refused }: AwsRefusal) =>
  ({ state: 'unknown', reason: `Systems Manager refuses the command: ${refused}` }) as const;

async function send(
  { clients, environment }: RotateContext,
  id: PeerCommandId,
  targets: readonly Target[],
  command: PeerCommand,
): Promise<string> {
  const documents: Readonly<Record<PeerOperation, string>> = {
    'read-config': environment.READ_CONFIG_DOCUMENT,
    'write-config': environment.WRITE_CONFIG_DOCUMENT,
    'ask-peers': environment.ASK_PEERS_DOCUMENT,
    'change-peers': environment.CHANGE_PEERS_DOCUMENT,
  };
  const { Command } = await clients.ssm.send(
    new SendCommandCommand({
      DocumentName: documents[command.operation],
      InstanceIds: targets.map(({ instanceId }) => instanceId),
      Parameters: peerCommandParameters(id, command, Date.now()),
      // Bounds delivery only: the node refuses a later start by the command's start-by.
      TimeoutSeconds: startBySeconds,
      Comment: `chainmend peers ${id.epochSeconds}.${id.ordinal}`,
    }),
  );
  if (!Command?.CommandId) throw new Error(`SendCommand ${command.operation} was answered without a command id`);
  return Command.CommandId;
}

const POLL_SECONDS = [1, 1, 2, 3, 5, 5] as const;
const LAST_POLL_SECONDS = 10;
/** These statuses were reported by the plugin itself: "Understanding command statuses", AWS Systems Manager User Guide. */
const RAN = new Set(['Success', 'Failed']);
const PENDING = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling']);

export const pollSeconds = (poll: number): number => POLL_SECONDS[poll] ?? LAST_POLL_SECONDS;

/** The latest end of a command that is sent now, or of this run's time. */
const overAtMs = ({ untilMs }: RotateContext, command: PeerCommand): number =>
  Math.min(untilMs, Date.now() + (startBySeconds + peerRunLimitSeconds(command)) * 1000);

async function awaitAnswer<Command extends PeerCommand>(
  { clients }: RotateContext,
  CommandId: string,
  InstanceId: string,
  command: Command,
  untilMs: number,
): Promise<CommandResult<Command['operation']>> {
  const operation: Command['operation'] = command.operation;
  for (let poll = 0; ; poll++) {
    const seconds = pollSeconds(poll);
    if (Date.now() + seconds * 1000 > untilMs && poll > 0)
      return { state: 'unknown', reason: 'it was not answered in time' };
    await setTimeout(seconds * 1000);
    try {
      const read = await clients.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
      const { Status, StatusDetails, StandardOutputContent = '', StandardErrorContent = '' } = read;
      if (!Status || PENDING.has(Status)) continue;
      const words = commandWords(StatusDetails ?? Status, StandardErrorContent);
      if (!RAN.has(Status)) return { state: 'unknown', reason: words };
      try {
        return { state: 'answered', answer: parsePeerAnswer(operation, StandardOutputContent), atMs: Date.now() };
      } catch (error) {
        return { state: 'unknown', reason: noAnswerWords(words, StandardOutputContent, error) };
      }
    } catch (error) {
      // Normal right after SendCommand: the invocation is not visible yet.
      if (!(error instanceof InvocationDoesNotExist)) throw error;
    }
  }
}

const batchesOf = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

export interface PeersTarget extends Target {
  readonly host: string;
}

export type PeersClient = ChainClient & { readonly peers: NonNullable<ChainClient['peers']> };

/** One reading for each node; for a node that cannot be asked, the reading says why. */
export async function askPeers(
  context: RotateContext,
  client: PeersClient,
  nodes: readonly PeersTarget[],
): Promise<ReadonlyMap<string, Reading<NodePeers>>> {
  const { probe } = context.fleet;
  if (client.peers.reach === 'network' && probe?.by === 'vpc') return askOverNetwork(context, probe.vpcId, nodes);
  return askOnNodes(context, client.peers, nodes);
}

async function askOverNetwork(
  { clients, environment, fleet }: RotateContext,
  vpcId: string,
  nodes: readonly PeersTarget[],
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
      targets: targets.map(({ instanceId, host }) => ({ instanceId, host })),
    };
    const probe = `${environment.PROBE_FUNCTION_PREFIX}${vpcId}`;
    const answer = await unlessThrottled(() => invokeForText(clients, probe, request));
    if ('throttled' in answer) {
      // Their peers are unknown: the next run asks again, in five minutes.
      for (const { instanceId } of targets) readings.set(instanceId, notAsked(answer.throttled));
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

const notAsked = (reason: string): Reading<NodePeers> => ({ kind: 'error', code: 'unreachable', reason });

async function askOnNodes(
  context: RotateContext,
  question: Question<NodePeers>,
  nodes: readonly PeersTarget[],
): Promise<ReadonlyMap<string, Reading<NodePeers>>> {
  const command = clientCommand(context, 'ask-peers', question.requests);
  const readings = new Map<string, Reading<NodePeers>>();
  if ('refused' in command) {
    for (const { instanceId } of nodes)
      readings.set(instanceId, { kind: 'error', code: 'misconfigured', reason: command.refused });
    return readings;
  }
  const agents = await readAgents(
    context,
    nodes.map(({ instanceId }) => instanceId),
  );
  const able = nodes.filter(({ instanceId }) => agents.get(instanceId) === null);
  const results = await runOnNodes(context, context.nextId, able, command);
  for (const { instanceId } of nodes) {
    const agent = agents.get(instanceId);
    const result = results.get(instanceId);
    if (agent) readings.set(instanceId, notAsked(agent.reason));
    else if (result?.state !== 'answered') readings.set(instanceId, notAsked(result?.reason ?? 'it was not asked'));
    else readings.set(instanceId, readingOf(question, result));
  }
  return readings;
}

type AnsweredCommand = Extract<CommandResult<'ask-peers' | 'change-peers'>, { readonly state: 'answered' }>;

function readingOf(question: Question<NodePeers>, told: AnsweredCommand): Reading<NodePeers> {
  const answers = answersOf(told, question.requests);
  if (typeof answers === 'string') return { kind: 'error', code: 'malformed', reason: answers };
  const reading = question.read(answers);
  // No client asks a second time about its peers.
  return reading.kind === 'next' ? { kind: 'error', code: 'malformed', reason: 'it asks for more' } : reading;
}

/** The client's own answers, or why there are none. */
export function answersOf(
  { answer, atMs }: AnsweredCommand,
  requests: readonly ChainRequest[],
): readonly Answer[] | string {
  if (answer.after === null) return `${answer.result}: ${answer.reason ?? 'no reason given'}`;
  try {
    return unpackAnswers(answer.after, requests, atMs);
  } catch (error) {
    return errorText(error, 300);
  }
}

type ClientCommand = Extract<PeerCommand, { readonly endpoint: string }>;

/** Requests to the client on a node's own loopback. A secret that is not on the node is not sent to it. */
export function clientCommand(
  { fleet }: RotateContext,
  operation: ClientCommand['operation'],
  requests: readonly ChainRequest[],
): ClientCommand | { readonly refused: string } {
  const { scheme, port, path, credentials } = fleet.rpc;
  if (credentials && credentials.kind !== 'file')
    return { refused: 'its credentials are a secret that is not on the node, and no command carries one there' };
  const endpoint = `${scheme}://127.0.0.1:${port}${path}`;
  return { operation, endpoint, credentialsFile: credentials?.path, requests };
}
