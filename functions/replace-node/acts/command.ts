// Sends one command of an act to a node, under the fence of the holder of its instance, and turns the answer into a result.

import type { Fleet } from '../../../shared/fleet/model.ts';
import { readSwitches } from '../../../shared/guardrails/switches.ts';
import { awaitNode, sendToNode } from '../../../shared/heal/node-commands.ts';
import { endOf } from '../../../shared/node-commands/client-end.ts';
import { type NodeAnswer, type NodeState, parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import {
  type ClientOnNode,
  clientsOf,
  type NodeCommand,
  nodeCommandOverByMs,
  nodeCommandParameters,
} from '../../../shared/node-commands/node-command.ts';
import { type CommandTrace, commandIdOf, DOCUMENTS, instanceIdOf, type ReplaceContext, type Which } from '../state.ts';
import type { LadderActContext, Outcome, Result } from './act.ts';
import { guardOptionsOf } from './mutation.ts';

interface Order {
  readonly which: Which;
  readonly sentence: string;
  /** For the fleet as the last guard has read it; `clients`: of that. */
  readonly command: (clients: readonly ClientOnNode[], fleet: Fleet) => NodeCommand;
  readonly startsClient?: true;
}

/** Sends a command under the fence of the holder of the instance, and waits for its answer. */
export async function send(
  context: LadderActContext,
  { which, sentence, command, startsClient }: Order,
): Promise<Result> {
  const { leases, payload, place, state, step } = context;
  const isOriginal = which === 'original';
  const instanceId = isOriginal ? payload.instanceId : state ? instanceIdOf(state, which) : '';
  const fence = isOriginal ? leases.holder.fence : (state?.replacement?.fence ?? 0);
  const holder = { execution: leases.holder.execution, fence };
  const ordinal = leases.ordinals[which] + 1;
  const operationId = commandIdOf(fence, ordinal);
  const notKnown = startsClient ? false : null;
  const trace = (more: Partial<CommandTrace> = {}) => ({
    command: { which, isRefused: false, fence: null, isUp: notKnown, ...more },
  });
  const sent = await step('send', async () => {
    const sentAtMs = Date.now();
    // The maximum duration follows from the graces, which only the fleet file knows: computed for the fleet as read in this step.
    const fleet = await readFleet(context);
    // Of a new instance nobody has stopped anything yet.
    const planned = command(clientsOf(fleet, { ran: isOriginal && context.ran }), fleet);
    const overAtMs = nodeCommandOverByMs(planned, sentAtMs);
    const answer = await sendToNode(
      context,
      {
        holder,
        ordinal,
        document: context.environment[DOCUMENTS[planned.operation]],
        parameters: nodeCommandParameters({ fence, ordinal }, planned, sentAtMs),
        overAtMs,
        intent: { sentence, act: `SendCommand ${planned.operation} ${operationId}`, evidence: evidenceOf(planned) },
        instanceId,
        ...(startsClient && { startsClientAtMs: sentAtMs }),
        ...guardOptionsOf(context),
      },
      place,
    );
    return answer;
  });
  if ('lost' in sent) return { is: 'lost' };
  if ('refuse' in sent) {
    const { unsent, ...refusal } = sent;
    return { is: 'refused', refusal, ...(unsent ? { unsent } : trace({ isRefused: true })) };
  }
  const awaited = await awaitNode<NodeAnswer>(context, {
    ...sent,
    operationId,
    instanceId,
    parse: parseNodeAnswer,
    sentenceOf: sentenceOfAnswer,
  });
  const atMs = await step('now', async () => Date.now());
  if ('over' in awaited) {
    const refusal = awaited.silence?.refuse === 'clock-ahead' ? { refusal: awaited.silence } : {};
    return { is: 'unknown', atMs, reason: awaited.over, ...refusal, ...trace() };
  }
  const { answer } = awaited;
  const clients = answer.after?.clients ?? [];
  const isUp = clients.length > 0 && clients.every((client) => client.state === 'running') ? true : notKnown;
  return { ...outcomeOf(answer, atMs), ...trace({ fence: answer.fence, isUp }) };
}

async function readFleet(context: ReplaceContext): Promise<Fleet> {
  const switches = await readSwitches(context, context.payload.fleet);
  if ('refuse' in switches) throw new Error(switches.reason);
  return switches.fleet;
}

function outcomeOf(answer: NodeAnswer, atMs: number): Outcome {
  const seen: NodeState | null = answer.after ?? answer.before;
  switch (answer.result) {
    case 'done':
      return {
        is: 'done',
        atMs,
        seen,
        ...(answer.filled && { filled: answer.filled }),
        ...(answer.lastDone !== undefined && { lastDone: answer.lastDone }),
      };
    case 'failed':
      return {
        is: 'failed',
        atMs,
        reason: answer.reason ?? 'the node gave no reason',
        fault: answer.fault,
        seen,
        putBack: answer.putBack,
      };
    case 'stale':
      return { is: 'unknown', atMs, reason: `stale: ${answer.reason ?? ''}`, isStale: true };
    case 'late':
      return { is: 'unknown', atMs, reason: `late: ${answer.reason ?? ''}` };
  }
}

function sentenceOfAnswer({ result, reason, stop, startSeconds, putBack, after, filled, warmed }: NodeAnswer): string {
  const clients = after?.clients.map((client) => (client.state === 'running' ? 'running' : endOf(client))).join('; ');
  return [
    result,
    reason,
    stop &&
      `stopped in ${stop.seconds} s, ${stop.clean ? 'cleanly' : 'not cleanly'}${stop.lastLine === '' ? '' : ` ("${stop.lastLine.slice(0, 100)}")`}`,
    startSeconds !== null && `started in ${startSeconds} s`,
    filled &&
      `${filled.files - filled.leftFiles} of ${filled.files} files are there, ${gib(filled.bytes - filled.leftBytes)} of ${gib(filled.bytes)} GiB`,
    warmed && `${warmed.files} files read, ${gib(warmed.bytes)} GiB${warmed.isAll ? '' : ', not all of them'}`,
    putBack && 'what was there before is there again',
    clients && `client ${clients}`,
  ]
    .filter(Boolean)
    .join('; ');
}

const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);

const evidenceOf = (command: NodeCommand): unknown =>
  command.operation === 'swap-volumes'
    ? { from: command.from, to: command.to, identity: command.identity, carry: command.carry }
    : command;
