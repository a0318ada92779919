// The three commands to the donor: look, stop, start. Each is journalled before and after, and may be sent again by a replay only as itself.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { changeNode } from '../../shared/heal/claim.ts';
import { stepper } from '../../shared/heal/context.ts';
import { guardAgain } from '../../shared/heal/guard.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import { awaitNode, type Sent, sendToNode } from '../../shared/heal/node-commands.ts';
import { type NodeAnswer, parseNodeAnswer } from '../../shared/node-commands/node-answer.ts';
import {
  type NodeCommand,
  nodeCommandOverByMs,
  nodeCommandParameters,
} from '../../shared/node-commands/node-command.ts';
import type { Answered, Progress, Results } from './model.ts';
import { type ActOf, inspection, starting, stopping, type Tools, type Variable } from './tools.ts';

interface Sending {
  readonly holder: Holder;
  readonly ordinal: number;
  readonly command: NodeCommand;
  readonly document: Variable;
  readonly sentence: string;
  readonly mayPutBack?: true;
}

const idOf = ({ holder, ordinal }: Pick<Sending, 'holder' | 'ordinal'>): string => `${holder.fence}.${ordinal}`;

/** Part of a step's body. */
function send(tools: Tools, sending: Sending, place: string): Promise<Sent> {
  const { holder, ordinal, command, document, sentence, mayPutBack } = sending;
  const sentAtMs = Date.now();
  return sendToNode(
    tools,
    {
      holder,
      ordinal,
      document: tools.environment[document],
      parameters: nodeCommandParameters({ fence: holder.fence, ordinal }, command, sentAtMs),
      overAtMs: nodeCommandOverByMs(command, sentAtMs),
      intent: { sentence, act: `SendCommand ${command.operation} ${idOf(sending)}`, evidence: command },
      ...(mayPutBack && { mayPutBack }),
    },
    place,
  );
}

const answerOf = (
  ctx: DurableContext,
  tools: Tools,
  of: Pick<Sending, 'holder' | 'ordinal'> & { readonly operation: NodeCommand['operation'] },
  commandId: string,
  place: string,
): Promise<Answered> =>
  awaitNode<NodeAnswer>(
    ctx,
    stepper(ctx, place),
    tools,
    { commandId, operationId: idOf(of), parse: parseNodeAnswer, sentenceOf: (answer) => wordsOf(of.operation, answer) },
    place,
  );

function wordsOf(operation: NodeCommand['operation'], { result, reason, stop, startSeconds }: NodeAnswer): string {
  const stopped = stop
    ? `, stopped ${stop.clean ? 'cleanly' : 'not cleanly'} in ${stop.seconds} s, status ${stop.exitStatus ?? 'unknown'}`
    : '';
  const started = startSeconds === null ? '' : `, runs after ${startSeconds} s`;
  return `${operation} ${result}${stopped}${started}${reason ? `: ${reason}` : ''}`;
}

/** An attempt that has to put back is kept from that by no pause, so its first word is not either. */
export async function inspect(
  ctx: DurableContext,
  tools: Tools,
  { ordinal, inherited }: Progress,
  holder: Holder,
  place: string,
): Promise<Results['inspect']> {
  const of = { holder, ordinal: ordinal + 1, operation: 'inspect-node' } as const;
  const sent = await stepper(ctx, place)('send', async () => {
    const { clients, environment, payload } = tools;
    const switches = await readSwitches(clients.ssm, environment.PARAMETER_PREFIX, payload.fleet);
    if ('refuse' in switches) return switches;
    const sentence = 'ask the node, raising its fence';
    const command = inspection(switches.fleet);
    return send(
      tools,
      { ...of, command, document: 'INSPECT_NODE_DOCUMENT', sentence, ...(inherited && { mayPutBack: true }) },
      place,
    );
  });
  return 'commandId' in sent ? answerOf(ctx, tools, of, sent.commandId, place) : sent;
}

/** That the client may be down is written before it may be. */
export async function stop(
  ctx: DurableContext,
  tools: Tools,
  { ordinal }: Progress,
  holder: Holder,
  { operation }: ActOf<'stop'>,
  place: string,
): Promise<Results['stop']> {
  const of = { holder, ordinal: ordinal + 1, operation: 'stop-client' } as const;
  const step = stepper(ctx, place);
  const down = await step('down', async () => {
    const guarded = await guardAgain(tools);
    // Refused when it is repeated, the step may have written it: then it is put back like any other.
    if ('refuse' in guarded) {
      const node = await tools.store.readNode(tools.payload.fleet, tools.payload.instanceId);
      return { ...guarded, down: node?.operation?.kind === 'snapshot' && node.operation.phase === 'down' };
    }
    return changeNode(tools, holder, (node) => ({ ...node, operation }));
  });
  if (!('written' in down)) return down;
  const sent = await step('send', async () => {
    const guarded = await guardAgain(tools);
    if ('refuse' in guarded) return guarded;
    const command = stopping(guarded.fleet, operation.memory.found.volumes);
    const sentence = 'stop the client with its grace, and unmount its volumes if it has ended cleanly';
    return send(tools, { ...of, command, document: 'STOP_CLIENT_DOCUMENT', sentence }, place);
  });
  if ('refuse' in sent) return { ...sent, down: true };
  return 'commandId' in sent ? answerOf(ctx, tools, of, sent.commandId, place) : sent;
}

/** Since when it may run again is written before it may, so that a successor can tell what was captured before. */
export async function start(
  ctx: DurableContext,
  tools: Tools,
  { ordinal }: Progress,
  holder: Holder,
  { operation, reason }: ActOf<'start'>,
  place: string,
): Promise<Results['start']> {
  const of = { holder, ordinal: ordinal + 1, operation: 'start-client' } as const;
  const step = stepper(ctx, place);
  const { memory } = operation;
  const upSinceMs = memory.upSinceMs ?? (await step('now', async () => Date.now()));
  const sent = await step('send', async () => {
    const guarded = await guardAgain(tools, { mayPutBack: true });
    if ('refuse' in guarded) return guarded;
    const written = await changeNode(tools, holder, (node) => ({
      ...node,
      operation: { ...operation, memory: { ...memory, upSinceMs } },
    }));
    if ('lost' in written) return written;
    const command = starting(guarded.fleet, memory.found.volumes);
    return send(
      tools,
      { ...of, command, document: 'START_CLIENT_DOCUMENT', sentence: reason, mayPutBack: true },
      place,
    );
  });
  if (!('commandId' in sent)) return sent;
  const answered = await answerOf(ctx, tools, of, sent.commandId, place);
  return { ...answered, memory: { ...memory, upSinceMs } };
}
