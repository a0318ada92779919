// Commands about peers: sent to one node or to several at once, and waited for. No lease is held: each is bounded on the node, by what
// was read before, by its order among the runs' commands and by its start-by (docs/adr/0007).
import { setTimeout } from 'node:timers/promises';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  InvocationDoesNotExist,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { commandWords, judgeAgent } from '../../shared/aws/commands.ts';
import { orRefused, type Refused } from '../../shared/aws/refused.ts';
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
} from '../../shared/node-commands/peer-command.ts';
import { errorText } from '../../shared/text/plain-text.ts';
import type { Tools } from './tools.ts';

/** "The IDs of the managed nodes … you can specify up to 50" (SendCommandRequest.InstanceIds, @aws-sdk/client-ssm). */
const INSTANCES_A_COMMAND = 50;

export type CommandResult<Operation extends PeerOperation> =
  | { readonly state: 'answered'; readonly answer: PeerAnswer<Operation>; readonly atMs: number }
  /** What was done, if anything, is not known: it is looked at again. */
  | { readonly state: 'unknown'; readonly reason: string };

/** Which of these nodes' agents take commands now; why not, for the others. One call for fifty nodes. */
export async function readAgents(
  { clients }: Tools,
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

/** The same command for several nodes, whose agents answer. */
export async function runOnNodes<Command extends PeerCommand>(
  tools: Tools,
  nextId: () => PeerCommandId,
  instanceIds: readonly string[],
  command: Command,
): Promise<ReadonlyMap<string, CommandResult<Command['operation']>>> {
  const sent: { readonly commandId: string; readonly batch: readonly string[]; readonly overAtMs: number }[] = [];
  const results = new Map<string, CommandResult<Command['operation']>>();
  for (const batch of batchesOf(instanceIds, INSTANCES_A_COMMAND)) {
    const begun = await orRefused(() => send(tools, nextId(), batch, command));
    if (typeof begun === 'string') sent.push({ commandId: begun, batch, overAtMs: overAtMs(tools, command) });
    // Of fifty nodes at once: the others, and whoever is in the next batch, are asked all the same.
    else for (const id of batch) results.set(id, unsent(begun));
  }
  // All of them are at work by now: a silent node in each of five batches costs the patience for one.
  for (const { commandId, batch, overAtMs } of sent) {
    const answers = await Promise.all(
      batch.map((instanceId) => awaitAnswer(tools, commandId, instanceId, command, overAtMs)),
    );
    for (const [index, answer] of answers.entries()) results.set(batch[index] ?? '', answer);
  }
  return results;
}

/** @param id is written to the journal before, by whoever intends a mutation */
export async function runOnNode<Command extends PeerCommand>(
  tools: Tools,
  id: PeerCommandId,
  instanceId: string,
  command: Command,
): Promise<CommandResult<Command['operation']>> {
  const begun = await orRefused(() => send(tools, id, [instanceId], command));
  if (typeof begun !== 'string') return unsent(begun);
  return awaitAnswer(tools, begun, instanceId, command, overAtMs(tools, command));
}

const unsent = ({ refused }: Refused) =>
  ({ state: 'unknown', reason: `Systems Manager refuses the command: ${refused}` }) as const;

async function send(
  { clients, environment }: Tools,
  id: PeerCommandId,
  instanceIds: readonly string[],
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
      InstanceIds: [...instanceIds],
      Parameters: peerCommandParameters(id, command, Date.now()),
      // Bounds delivery only: what starts later is refused on the node by its start-by.
      TimeoutSeconds: startBySeconds,
      Comment: `chainmend peers ${id.epochSeconds}.${id.ordinal}`,
    }),
  );
  if (!Command?.CommandId) throw new Error(`SendCommand ${command.operation} was answered without a command id`);
  return Command.CommandId;
}

const POLL_SECONDS = [1, 1, 2, 3, 5, 5] as const;
const LAST_POLL_SECONDS = 10;
/** The plugin itself reported these: "Understanding command statuses", AWS Systems Manager User Guide. */
const RAN = new Set(['Success', 'Failed']);
const PENDING = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling']);

export const pollSeconds = (poll: number): number => POLL_SECONDS[poll] ?? LAST_POLL_SECONDS;
export const sleep = (seconds: number): Promise<void> => setTimeout(seconds * 1000);

/** The end of what a command that was sent now may take, or of this run's time. */
const overAtMs = ({ untilMs }: Tools, command: PeerCommand): number =>
  Math.min(untilMs, Date.now() + (startBySeconds + peerRunLimitSeconds(command)) * 1000);

async function awaitAnswer<Command extends PeerCommand>(
  { clients }: Tools,
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
    await sleep(seconds);
    try {
      const read = await clients.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
      const { Status, StatusDetails, StandardOutputContent = '', StandardErrorContent = '' } = read;
      if (!Status || PENDING.has(Status)) continue;
      const words = commandWords(StatusDetails ?? Status, StandardErrorContent);
      if (!RAN.has(Status)) return { state: 'unknown', reason: words };
      try {
        return { state: 'answered', answer: parsePeerAnswer(operation, StandardOutputContent), atMs: Date.now() };
      } catch (error) {
        return { state: 'unknown', reason: `${words} (${errorText(error, 500)})` };
      }
    } catch (error) {
      // Normal right after SendCommand: the invocation is not visible yet.
      if (!(error instanceof InvocationDoesNotExist)) throw error;
    }
  }
}

const batchesOf = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
