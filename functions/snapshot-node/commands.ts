// The three commands to the donor: inspect, stop, start. Each is journalled before and after. A replay may send a command again only with the same
// id.
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { changeNode } from '../../shared/heal/claim.ts';
import { readGuards } from '../../shared/heal/guard.ts';
import type { FoundVolume } from '../../shared/heal/memory.ts';
import { awaitNode, type Sent, type SentCommand, sendToNode } from '../../shared/heal/node-commands.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { backSeconds, staysDownUntilMs } from '../../shared/node-commands/back.ts';
import { type NodeAnswer, parseNodeAnswer } from '../../shared/node-commands/node-answer.ts';
import {
  clientsOf,
  type NodeCommand,
  nodeCommandOverByMs,
  nodeCommandParameters,
  type VolumeMount,
} from '../../shared/node-commands/node-command.ts';
import { readFacts } from './facts.ts';
import { refusalOf } from './judge.ts';
import type { Act, Acts, CommandConclusion, LeaseState, SnapshotActContext } from './state.ts';

interface OutgoingCommand {
  readonly held: LeaseState;
  readonly command: Extract<NodeCommand, { readonly operation: keyof typeof DOCUMENTS }>;
  readonly sentence: string;
  readonly mayPutBack?: true;
  readonly startsClientAtMs?: number;
}

const DOCUMENTS = {
  'inspect-node': 'INSPECT_NODE_DOCUMENT',
  'stop-client': 'STOP_CLIENT_DOCUMENT',
  'start-client': 'START_CLIENT_DOCUMENT',
} as const;

/** The next command id under this fence: "4.1". */
const nextId = ({ holder, ordinal }: LeaseState): string => `${holder.fence}.${ordinal + 1}`;

/** Part of a step's body. */
function send(
  context: SnapshotActContext,
  { held, command, sentence, mayPutBack, startsClientAtMs }: OutgoingCommand,
): Promise<Sent> {
  const sentAtMs = Date.now();
  const { holder } = held;
  const ordinal = held.ordinal + 1;
  return sendToNode(
    context,
    {
      holder,
      ordinal,
      document: context.environment[DOCUMENTS[command.operation]],
      parameters: nodeCommandParameters({ fence: holder.fence, ordinal }, command, sentAtMs),
      overAtMs: nodeCommandOverByMs(command, sentAtMs),
      intent: { sentence, act: `SendCommand ${command.operation} ${nextId(held)}`, evidence: command },
      ...(mayPutBack && { mayPutBack }),
      startsClientAtMs,
    },
    context.place,
  );
}

const answerOf = (
  context: SnapshotActContext,
  held: LeaseState,
  operation: NodeCommand['operation'],
  sent: SentCommand,
): Promise<CommandConclusion> =>
  awaitNode<NodeAnswer>(context, {
    ...sent,
    operationId: nextId(held),
    parse: parseNodeAnswer,
    sentenceOf: (answer) => sentenceOf(operation, answer),
  });

function sentenceOf(operation: NodeCommand['operation'], { result, reason, stop, startSeconds }: NodeAnswer): string {
  const stopped = stop
    ? `, stopped ${stop.clean ? 'cleanly' : 'not cleanly'} in ${stop.seconds} s, status ${stop.exitStatus ?? 'unknown'}`
    : '';
  const started = startSeconds === null ? '' : `, runs after ${startSeconds} s`;
  return `${operation} ${result}${stopped}${started}${reason ? `: ${reason}` : ''}`;
}

const placesOf = (volumes: readonly FoundVolume[]): readonly VolumeMount[] =>
  volumes.map(({ path, volumeId }) => ({ path, volumeId }));

/** An attempt that has to put back is stopped by no pause, and neither is its first command. */
export async function inspect(
  context: SnapshotActContext,
  { from }: Act<'inspect'>,
): Promise<Acts['inspect']['result']> {
  const { held } = from;
  const sent = await context.step('send', async () => {
    const switches = await readSwitches(context, context.payload.fleet);
    if ('refuse' in switches) return switches;
    const { fleet } = switches;
    return send(context, {
      held,
      command: {
        operation: 'inspect-node',
        clients: clientsOf(fleet),
        paths: fleet.volumes.map(({ path }) => path),
      },
      sentence: 'ask the node, raising its fence',
      ...(from.at === 'down' && { mayPutBack: true }),
    });
  });
  return 'commandId' in sent ? answerOf(context, held, 'inspect-node', sent) : sent;
}

/** A validator's stop is judged again on facts of this very moment: another one may have gone down since the decision. */
async function judgeValidatorAgain(context: SnapshotActContext): Promise<Refusal | null> {
  const { payload } = context;
  if (payload.acknowledgesValidator !== true) return null;
  const facts = await readFacts(context);
  return 'refuse' in facts ? facts : refusalOf(facts, payload);
}

/** The record says that the client may be down before it can be down. */
export async function stop(
  context: SnapshotActContext,
  { from: { held }, facts, operation }: Act<'stop'>,
): Promise<Acts['stop']['result']> {
  const { step, store, payload } = context;
  // Nothing is stopped without its way back; of a validator that is a person's to go.
  const armedSeconds = backSeconds(facts.fleet, facts.role);
  const down = await step('down', async () => {
    const guarded = await readGuards(context);
    const refusal = 'refuse' in guarded ? guarded : await judgeValidatorAgain(context);
    // An earlier run of the step may have written the record before the repeated one was refused: then it is put back like any other.
    if (refusal) {
      const node = await store.readNode(payload.instanceId);
      return { ...refusal, down: node?.operation?.kind === 'snapshot' && node.operation.phase === 'down' };
    }
    return changeNode(context, held.holder, (node) => ({ ...node, operation }));
  });
  if (!('written' in down)) return down;
  const sent = await step('send', async () => {
    const guarded = await readGuards(context);
    if ('refuse' in guarded) return guarded;
    const refusal = await judgeValidatorAgain(context);
    if (refusal) return refusal;
    const sentAtMs = Date.now();
    const sent = await send(context, {
      held,
      // Not masked: if the node dies now, its client comes back with the node.
      command: {
        operation: 'stop-client',
        // Nothing is stopped before each of them was seen to run (volumesOf).
        clients: clientsOf(guarded.fleet, { ran: true }),
        places: placesOf(operation.memory.found.volumes),
        unmount: true,
        mask: false,
        requireClean: true,
        backSeconds: armedSeconds,
      },
      sentence: 'stop the client with its grace, and unmount its volumes if it has ended cleanly',
    });
    return 'commandId' in sent ? { ...sent, sentAtMs } : sent;
  });
  if ('refuse' in sent) return { ...sent, down: true };
  if (!('commandId' in sent)) return sent;
  const answered = await answerOf(context, held, 'stop-client', sent);
  const seconds = ('answer' in answered && answered.answer.stop?.seconds) || 0;
  const untilMs = staysDownUntilMs({ seconds, sentAtMs: sent.sentAtMs }, armedSeconds);
  return { ...answered, ...(untilMs !== null && { untilMs }) };
}

/** The time from which the client may run again is written first, so that a later attempt knows what was captured before. */
export async function start(
  context: SnapshotActContext,
  { from: { held, operation }, reason }: Act<'start'>,
): Promise<Acts['start']['result']> {
  const { step } = context;
  const upSinceMs = operation.memory.upSinceMs ?? (await step('now', async () => Date.now()));
  const memory = { ...operation.memory, upSinceMs };
  const sent = await step('send', async () => {
    const startsAtMs = Date.now();
    const guarded = await readGuards(context, { mayPutBack: true });
    if ('refuse' in guarded) return guarded;
    const written = await changeNode(context, held.holder, (node) => ({
      ...node,
      operation: { ...operation, memory },
    }));
    if ('lost' in written) return written;
    const started = await send(context, {
      held,
      command: {
        operation: 'start-client',
        clients: clientsOf(guarded.fleet),
        places: placesOf(memory.found.volumes),
        unmask: false,
        scrub: [],
      },
      sentence: reason,
      mayPutBack: true,
      startsClientAtMs: startsAtMs,
    });
    return 'commandId' in started ? { ...started, sentAtMs: startsAtMs } : started;
  });
  if (!('commandId' in sent)) return sent;
  const answered = await answerOf(context, held, 'start-client', sent);
  return { ...answered, memory, sentAtMs: sent.sentAtMs };
}
