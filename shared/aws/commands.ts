// Runs a command document on one node and reads its answer: whether its SSM agent takes commands, the two SSM calls, and the meaning of their
// statuses.

import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  InvocationDoesNotExist,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import type { Target } from '../fleet/membership.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import { startBySeconds } from '../node-commands/command.ts';
import { errorText, plainText } from '../text/plain-text.ts';

/** Whether the node's agent answers and takes parameters as environment variables, never as text in a script. */
export async function checkAgent(ssm: SSMClient, instanceId: string): Promise<Refusal | null> {
  const { InstanceInformationList = [] } = await ssm.send(
    new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] }),
  );
  return judgeAgent(InstanceInformationList[0]);
}

export async function sendCommand(
  ssm: SSMClient,
  input: {
    readonly document: string;
    readonly target: Target;
    readonly parameters: Record<string, string[]>;
    readonly comment: string;
  },
): Promise<string> {
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: input.document,
      InstanceIds: [input.target.instanceId],
      Parameters: input.parameters,
      // Bounds delivery only: the node refuses a later start by the command's start-by.
      TimeoutSeconds: startBySeconds,
      Comment: input.comment,
    }),
  );
  if (!Command?.CommandId)
    throw new Error(`SendCommand to ${input.target.instanceId} was answered without a command id`);
  return Command.CommandId;
}

/** `A`: the answer of the node's script. */
export type CommandState<A> =
  | { readonly state: 'pending' }
  | { readonly state: 'answered'; readonly answer: A }
  /** The script or the agent ended, and its output is no answer; `reason` has SSM's words. */
  | { readonly state: 'ended'; readonly reason: string }
  /** SSM has given up on it, but that stops nothing: it is over only when it can no longer run. */
  | { readonly state: 'lost'; readonly reason: string };

/** These statuses were reported by the plugin itself: "Understanding command statuses", AWS Systems Manager User Guide. */
const RAN = new Set(['Success', 'Failed']);
const PENDING = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling']);

/** @param parse reads the script's standard output; throws where that is no answer */
export async function readCommand<A>(
  ssm: SSMClient,
  commandId: string,
  instanceId: string,
  parse: (stdout: string) => A,
): Promise<CommandState<A>> {
  try {
    const {
      Status,
      StatusDetails,
      StandardOutputContent = '',
      StandardErrorContent = '',
    } = await ssm.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }));
    if (!Status || PENDING.has(Status)) return { state: 'pending' };
    const words = commandWords(StatusDetails ?? Status, StandardErrorContent);
    return RAN.has(Status) ? judgeOutput(StandardOutputContent, words, parse) : { state: 'lost', reason: words };
  } catch (error) {
    // Normal right after SendCommand: the invocation is not visible yet.
    if (error instanceof InvocationDoesNotExist) return { state: 'pending' };
    throw error;
  }
}

function judgeOutput<A>(stdout: string, words: string, parse: (stdout: string) => A): CommandState<A> {
  try {
    return { state: 'answered', answer: parse(stdout) };
  } catch (error) {
    return { state: 'ended', reason: noAnswerWords(words, stdout, error) };
  }
}

/**
 * The agent writes each step to its own directory before it runs it. Where that fails, it knows no plugin: "Plugin with name aws:runShellScript not found"
 * (amazon-ssm-agent). On a full root volume each command ends so.
 */
const STARTED_NOTHING = /Plugin with name \S+ not found/;

/** The sentence about a command without an answer: how it ended, and the end of its error output. */
export function commandWords(status: string, complaint: string): string {
  const end = complaint.slice(-300).trim();
  const cause = STARTED_NOTHING.test(end) ? 'its SSM agent cannot start commands, as on a full root volume: ' : '';
  return plainText(`${cause}${status}${end && `. ${end}`}`, 400);
}

/** `words` of a command whose output is no answer, and what is wrong with the output where there is any. */
export const noAnswerWords = (words: string, stdout: string, error: unknown): string =>
  stdout.trim() === '' ? words : `${words} (${errorText(error, 500)})`;

/** ENV_VAR interpolation of parameters needs this agent: "Writing SSM documents", AWS Systems Manager User Guide. */
const AGENT_MINIMUM: readonly [number, number, number] = [3, 3, 2746];
const RETRY_AFTER_MS = 5 * 60_000;

export function judgeAgent(
  agent: { PingStatus?: string | undefined; AgentVersion?: string | undefined } | undefined,
): Refusal | null {
  const refuse = (code: 'node-silent' | 'agent-too-old', reason: string): Refusal => ({
    refuse: code,
    reason,
    page: true,
    retryAfterMs: RETRY_AFTER_MS,
  });
  if (!agent) return refuse('node-silent', 'the instance is not known to Systems Manager');
  if (agent.PingStatus !== 'Online')
    return refuse('node-silent', `its SSM agent is ${plainText(agent.PingStatus ?? 'silent', 50)}`);
  const version = (agent.AgentVersion ?? '').split('.').map(Number);
  for (const [i, least] of AGENT_MINIMUM.entries()) {
    const part = version[i] ?? 0;
    if (part > least) return null;
    if (!(part === least))
      return refuse(
        'agent-too-old',
        `its SSM agent is ${plainText(agent.AgentVersion ?? '', 50) || 'of unknown version'}, and must be ${AGENT_MINIMUM.join('.')}.0 or newer`,
      );
  }
  return null;
}
