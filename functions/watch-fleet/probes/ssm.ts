// Asks nodes by a command on each: one SendCommand for up to 50 of them, the answers gathered page by page on a bounded schedule.
import { setTimeout } from 'node:timers/promises';
import {
  type CommandInvocation,
  DescribeInstanceInformationCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { commandWords, judgeAgent } from '../../../shared/aws/commands.ts';
import type { Target } from '../../../shared/fleet/membership.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import type { FleetNode } from '../../../shared/fleet/nodes.ts';
import { askNodeParameters } from '../../../shared/node-commands/ask-node.ts';
import { readOnNode } from '../../../shared/probe/node-probe.ts';
import type { ProbeQuestion } from '../../../shared/probe/protocol.ts';
import { errorText } from '../../../shared/text/plain-text.ts';
import type { NodeReading, Unasked } from '../context.ts';
import { type ProbeResult, probeInBatches, runningNodes } from './probe.ts';

/** "You can specify up to 50 managed node IDs" (SendCommandRequest, @aws-sdk/client-ssm); MaxResults of both lists is 50 at most, too. */
const NODES_A_COMMAND = 50;
/**
 * Half a minute in all, or the rest of the sweep: a later answer of a node is too late for this sweep. The next one does not read it either: all nodes and
 * references are compared as of one moment, and a heal takes what was observed after a client's start for a word of that start.
 */
const POLLS_MS = [1_000, 1_000, 2_000, 2_000, 4_000, 4_000, 6_000, 6_000];
/** The minimum of SendCommand. */
const DELIVERY_SECONDS = 30;
const MAX_PAGES = 4;
const COMMANDS_AT_ONCE = 10;
/** A command needs at least this long: the agents' states, the command, the first answers. */
const TAKES_MS = 10_000;
/** The last page of answers usually takes this long at most. */
const LAST_PAGE_MS = 2_000;
/** "Understanding command statuses", AWS Systems Manager User Guide. */
const PENDING = new Set<string | undefined>([undefined, 'Pending', 'InProgress', 'Delayed', 'Cancelling']);

/** @param untilMs when all must be over */
export async function probeSsm(
  ssm: SSMClient,
  document: string,
  fleet: Fleet,
  question: ProbeQuestion,
  nodes: readonly FleetNode[],
  untilMs: number,
): Promise<ProbeResult> {
  const Parameters = askNodeParameters(fleet, question);
  const heights = question.ask.what === 'status' ? question.ask.heights : [];
  const asked = { document, fleet: question.fleet, Parameters };
  return probeBySsm(ssm, asked, nodes, untilMs, (instanceId, output): NodeReading => {
    return { kind: 'read', reading: readOnNode(question, heights, instanceId, output, Date.now()) };
  });
}

/** One command that only reads, and is the same for all nodes of a fleet. */
interface Asked {
  readonly document: string;
  readonly fleet: string;
  readonly Parameters: Record<string, string[]>;
}

/**
 * Asks all running ones of `nodes`.
 *
 * @param untilMs when all must be over
 * @param read what a node has printed: its reading, or any error where it is none
 */
export function probeBySsm<R>(
  ssm: SSMClient,
  asked: Asked,
  nodes: readonly FleetNode[],
  untilMs: number,
  read: Read<R>,
): Promise<ProbeResult<R | Unasked>> {
  const portions = { size: NODES_A_COMMAND, atOnce: COMMANDS_AT_ONCE, beginUntilMs: untilMs - TAKES_MS };
  return probeInBatches(runningNodes(nodes), portions, (portion) =>
    command(ssm, asked, portion, untilMs - LAST_PAGE_MS, read),
  );
}

type Read<R> = (instanceId: string, output: string) => R | Unasked;

async function command<R>(
  ssm: SSMClient,
  { document, fleet, Parameters }: Asked,
  portion: readonly FleetNode[],
  pollUntilMs: number,
  read: Read<R>,
): Promise<ReadonlyMap<string, R | Unasked>> {
  const readings = new Map<string, R | Unasked>();
  const refused = new Map<string, Unasked>();
  const ready = await agentsReady(ssm, portion, refused);
  for (const [instanceId, unasked] of refused) readings.set(instanceId, unasked);
  if (ready.length === 0) return readings;
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: document,
      InstanceIds: ready.map(({ instanceId }) => instanceId),
      Parameters,
      TimeoutSeconds: DELIVERY_SECONDS,
      Comment: `chainmend watch-fleet: ${fleet}`,
    }),
  );
  if (!Command?.CommandId) throw new Error(`SendCommand for fleet ${fleet} was answered without a command id`);
  const waiting = new Set(ready.map(({ instanceId }) => instanceId));
  for (const afterMs of POLLS_MS) {
    if (Date.now() + afterMs > pollUntilMs) break;
    await setTimeout(afterMs);
    for (const invocation of await invocationsOf(ssm, Command.CommandId)) {
      const { InstanceId = '', Status } = invocation;
      if (!waiting.has(InstanceId) || PENDING.has(Status)) continue;
      waiting.delete(InstanceId);
      readings.set(InstanceId, readingOf(invocation, read));
    }
    if (waiting.size === 0) return readings;
  }
  const reason = 'the command that asks it was not answered in time';
  for (const instanceId of waiting) readings.set(instanceId, { kind: 'unasked', reason, silent: true });
  return readings;
}

/** Nodes whose agent is online and takes parameters safely. One other node would fail the command for all; for those the reason is returned. */
async function agentsReady(
  ssm: SSMClient,
  portion: readonly Target[],
  readings: Map<string, Unasked>,
): Promise<readonly Target[]> {
  const ids = portion.map(({ instanceId }) => instanceId);
  const agents = new Map<string | undefined, Parameters<typeof judgeAgent>[0]>();
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken; page++) {
    if (page === MAX_PAGES) throw new Error(`more than ${MAX_PAGES} pages of agents for ${ids.length} nodes`);
    const read = await ssm.send(
      new DescribeInstanceInformationCommand({
        Filters: [{ Key: 'InstanceIds', Values: ids }],
        MaxResults: NODES_A_COMMAND,
        ...(NextToken && { NextToken }),
      }),
    );
    for (const agent of read.InstanceInformationList ?? []) agents.set(agent.InstanceId, agent);
    NextToken = read.NextToken;
  }
  return portion.filter(({ instanceId }) => {
    const refusal = judgeAgent(agents.get(instanceId));
    if (refusal !== null) {
      const silent = refusal.refuse === 'node-silent' ? { silent: true as const } : {};
      readings.set(instanceId, { kind: 'unasked', reason: refusal.reason, ...silent });
    }
    return refusal === null;
  });
}

async function invocationsOf(ssm: SSMClient, CommandId: string): Promise<readonly CommandInvocation[]> {
  const found: CommandInvocation[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken; page++) {
    if (page === MAX_PAGES) throw new Error(`more than ${MAX_PAGES} pages of answers to ${CommandId}`);
    const read = await ssm.send(
      new ListCommandInvocationsCommand({
        CommandId,
        Details: true,
        MaxResults: NODES_A_COMMAND,
        ...(NextToken && { NextToken }),
      }),
    );
    found.push(...(read.CommandInvocations ?? []));
    NextToken = read.NextToken;
  }
  return found;
}

/** A result that is no answer says nothing about the client: the agent, the script or SSM failed. */
function readingOf<R>(
  { InstanceId = '', Status, StatusDetails, CommandPlugins }: CommandInvocation,
  read: Read<R>,
): R | Unasked {
  const output = CommandPlugins?.[0]?.Output ?? '';
  if (Status !== 'Success')
    return {
      kind: 'unasked',
      reason: `the command that asks it was not answered: ${commandWords(StatusDetails ?? Status ?? '', output)}`,
    };
  try {
    return read(InstanceId, output);
  } catch (error) {
    // Any error: one node's answer says nothing about the others.
    return { kind: 'unasked', reason: errorText(error, 300) };
  }
}
