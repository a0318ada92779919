// The owner's own pruning of a full disk whose ceiling is near: reserved and written down before anything is stopped, sent once, proved by what others see
// of the node afterwards, measured by the node's own word. Whatever comes of the command, the client does not stay down.
import { catchRefusal } from '../../shared/aws/refusals.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { neededReason, prunedText } from '../../shared/growth/prune.ts';
import { leaveReplacement, takeTurn } from '../../shared/heal/budgets.ts';
import { changeNode } from '../../shared/heal/claim.ts';
import { readGuards } from '../../shared/heal/guard.ts';
import { maySettle } from '../../shared/heal/lease.ts';
import { awaitNode, sendToNode } from '../../shared/heal/node-commands.ts';
import type { NodeRecord, PruneNote } from '../../shared/heal/records.ts';
import { askRegister } from '../../shared/heal/register.ts';
import { DAY_MS } from '../../shared/model/execution.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { type NodeAnswer, parseNodeAnswer } from '../../shared/node-commands/node-answer.ts';
import {
  clientsOf,
  type NodeCommand,
  nodeCommandOverByMs,
  nodeCommandParameters,
} from '../../shared/node-commands/node-command.ts';
import { readFleetNow } from './facts.ts';
import { sentenceOf } from './plan.ts';
import type { Act, Acts, LeaseState, Pruning, ResizeActContext, Told } from './state.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The DNS TTL has expired after this time, and register-nodes has had a moment to change the record. */
const NAMES_SECONDS = 15;

type Begun = { readonly waitSeconds: number } | Exclude<Acts['begin-prune']['result'], { readonly begun: true }>;

/** The fleet is asked again whether it can spare the node; then everything that a later attempt has to know is written. */
export async function beginPrune(
  context: ResizeActContext,
  act: Act<'begin-prune'>,
): Promise<Acts['begin-prune']['result']> {
  const { durable, place, step } = context;
  const begun = await step('begin-prune', () => reservePrune(context, act));
  if (!('waitSeconds' in begun)) return begun;
  if (begun.waitSeconds > 0) await durable.wait(`${place}-names`, { seconds: begun.waitSeconds });
  return { begun: true };
}

async function reservePrune(context: ResizeActContext, { plan, held: { holder } }: Act<'begin-prune'>): Promise<Begun> {
  const { journal, place, payload } = context;
  const guarded = await readGuards(context);
  if ('refuse' in guarded) return guarded;
  const { fleet } = guarded;
  if (fleet.disk.prune?.command !== plan.command)
    return { not: 'the fleet file names another command, or none any more' };
  const now = await readFleetNow(context.store, payload, fleet, Date.now());
  const needed = neededReason(now, fleet.disk.prune.poolFloor);
  if (needed !== null) return { not: needed };
  const turn = await takeTurn(context);
  if ('refuse' in turn) return { not: turn.reason };
  const atMs = Date.now();
  const { instead: _, ...shown } = plan;
  const key = `${payload.incidentId}/${payload.attempt}`;
  let not: string | null = null;
  const written = await changeNode(context, holder, (node) => {
    not = unprunable(node, key, atMs);
    return not === null ? reserved(node, { plan, key, atMs, incidentId: payload.incidentId }) : null;
  });
  if ('lost' in written) return written;
  if (not !== null) {
    await leaveReplacement(context);
    return { not };
  }
  await journal(`${place}-decision`, {
    atMs,
    kind: 'decision',
    sentence: sentenceOf(plan),
    evidence: { ...shown, guards: { pause: 'off', fleetFile: guarded.fleetHash, fence: holder.fence } },
  });
  const unasked = fleet.dns && (await catchRefusal(() => askRegister(context)));
  if (unasked) {
    await leaveReplacement(context);
    return {
      ...{ refuse: 'aws-refused', page: true, retryAfterMs: HOUR_MS },
      reason: `the node is not taken out of the pool, and so its client is not stopped to be pruned: ${unasked.refused}`,
    };
  }
  return { waitSeconds: fleet.dns ? fleet.dns.ttlSeconds + NAMES_SECONDS : 0 };
}

/**
 * Why its client is not stopped to be pruned now; null where it may be. A pruning that was to be run counts, whatever became of it: a second one would
 * find a client that was just started.
 */
export function unprunable(node: NodeRecord, key: string, nowMs: number): string | null {
  const { pruned } = node;
  if (pruned !== undefined && pruned.key !== key && nowMs - pruned.atMs < DAY_MS)
    return 'it was to be pruned within a day already';
  return maySettle(node, 'grow') ? null : 'another heal waits for the proof of its client';
}

/** The record says that the client may be down before it can be down, and the pool leaves the node out from then on. */
export function reserved(
  node: NodeRecord,
  {
    plan: { volumeId, toGiB, command, usedBytes, height },
    key,
    atMs,
    incidentId,
  }: Pick<Act<'begin-prune'>, 'plan'> & { key: string; atMs: number; incidentId: string },
): NodeRecord {
  return {
    ...node,
    operation: {
      ...{ kind: 'grow', phase: 'down', incidentId, volumeId, found: { sizeGiB: toGiB }, toGiB, intentAtMs: atMs },
      prune: { command, height },
    },
    pruned: { key, command, volumeId, atMs, usedBytesBefore: usedBytes, usedBytesAfter: null },
  };
}

/** Sent once in a lease, under one id: a replay sends the same, and the node answers it with the same answer. */
export async function prune(context: ResizeActContext, { held, plan }: Act<'prune'>): Promise<Acts['prune']['result']> {
  const told = await tell(context, held, `stop the client, run ${plan.command}, and start it: ${plan.reason}`, {
    commandOf: (fleet) => ({
      // It is begun on clients that run alone: where one does not, by whoever's doing, nothing is done.
      ...{
        operation: 'restart-client',
        only: 'prune',
        clients: clientsOf(fleet, { ran: true }),
      },
      paths: fleet.volumes.map(({ path }) => path),
      own: { command: plan.command, seconds: plan.seconds },
    }),
  });
  if (!('answer' in told)) return told;
  const ended = endedBy(told.answer);
  const written = await context.step('ended', () =>
    changeNode(context, held.holder, (node) =>
      node.pruned === undefined ? null : { ...node, pruned: { ...node.pruned, ended } },
    ),
  );
  return 'lost' in written ? written : told;
}

/** What nobody has answered is not taken for done. */
export function endedBy(answer: Told['answer']): NonNullable<PruneNote['ended']> {
  if ('over' in answer) return { as: 'unknown', reason: answer.over };
  if (answer.result === 'done') return { as: 'done' };
  const reason = answer.reason ?? answer.result;
  return answer.result === 'failed'
    ? { as: 'failed', reason }
    : { as: 'unknown', reason: `${answer.result}: ${reason}` };
}

/** No pause and no mode keeps a client down that was stopped for us. The first command of an attempt, it raises the node's fence. */
export async function wake(
  context: ResizeActContext,
  { held, afterSeconds }: Act<'wake'>,
): Promise<Acts['wake']['result']> {
  if (afterSeconds > 0) await context.durable.wait(`${context.place}-busy`, { seconds: afterSeconds });
  return tell(context, held, 'start the client that was stopped to be pruned, where it does not run', {
    mayPutBack: true,
    commandOf: (fleet) => ({
      ...{ operation: 'restart-client', only: 'start', clients: clientsOf(fleet) },
      paths: fleet.volumes.map(({ path }) => path),
    }),
  });
}

type ClientCommand = Extract<NodeCommand, { readonly operation: 'restart-client' }>;

async function tell(
  context: ResizeActContext,
  { holder, ordinal }: LeaseState,
  sentence: string,
  { commandOf, mayPutBack }: { readonly commandOf: (fleet: Fleet) => ClientCommand; readonly mayPutBack?: true },
): Promise<Told | Exclude<Acts['wake']['result'], Told>> {
  const { environment, place, step } = context;
  const operationId = `${holder.fence}.${ordinal}`;
  const sent = await step('send', async () => {
    const guarded = await readGuards(context, mayPutBack && { mayPutBack });
    if ('refuse' in guarded) return guarded;
    const sentAtMs = Date.now();
    const command = commandOf(guarded.fleet);
    return sendToNode(
      context,
      {
        ...{ holder, ordinal, document: environment.RESTART_CLIENT_DOCUMENT },
        parameters: nodeCommandParameters({ fence: holder.fence, ordinal }, command, sentAtMs),
        overAtMs: nodeCommandOverByMs(command, sentAtMs),
        intent: { sentence, act: `SendCommand ${command.operation} ${operationId}`, evidence: command },
        ...(mayPutBack && { mayPutBack }),
      },
      place,
    );
  });
  if (!('commandId' in sent)) return sent;
  const awaited = await awaitNode<NodeAnswer>(context, {
    ...sent,
    operationId,
    parse: parseNodeAnswer,
    sentenceOf: ({ result, reason }) => `${result}${reason ? `: ${reason}` : ''}`,
  });
  const atMs = await step('now', async () => Date.now());
  return { atMs, answer: 'answer' in awaited ? awaited.answer : { over: awaited.over } };
}

export const runs = ({ result, after }: NodeAnswer): boolean =>
  (result === 'done' || result === 'failed') &&
  after !== null &&
  after.clients.length > 0 &&
  after.clients.every(({ state }) => state === 'running');

/** The record owes nothing any more, whatever came of it; the fleet's turn and the pool follow. */
export async function settlePrune(
  context: ResizeActContext,
  { held: { holder }, pruning, seen }: Act<'settle-prune'>,
): Promise<Acts['settle-prune']['result']> {
  const { journal, place, step } = context;
  return step('settle-prune', async () => {
    let note: PruneNote | null = null;
    const written = await changeNode(context, holder, (node) => {
      note = node.pruned === undefined ? null : measured(node.pruned, pruning, seen?.usedBytes ?? null);
      return { ...node, operation: null, ...(note && { pruned: note }) };
    });
    if ('lost' in written) return written;
    const { proof } = pruning;
    const told = note === null ? `what became of ${pruning.memory.command} nobody knows` : prunedText(note);
    const isProved = proof !== null && 'proved' in proof;
    await journal(`${place}-${isProved ? 'proof' : 'result'}`, {
      ...{ atMs: Date.now(), kind: isProved ? 'proof' : 'result' },
      sentence: isProved ? `${told}; ${proof.proved}` : told,
    });
    await leaveReplacement(context);
    // The schedule of register-nodes does it within minutes, where this is refused.
    await catchRefusal(() => askRegister(context));
    return { settled: note };
  });
}

const measured = (note: PruneNote, { ended }: Pick<Pruning, 'ended'>, usedBytesAfter: number | null): PruneNote => ({
  ...note,
  usedBytesAfter,
  ended,
});

/** The next attempt sees that the client does not run, and what that means for its disk. */
export const stoppedMeanwhile = (command: string, ended: Pruning['ended']): Refusal => ({
  refuse: 'client-stopped',
  reason: `${command} was not run: ${'reason' in ended ? ended.reason : ended.as}`,
  page: false,
  retryAfterMs: 5 * MINUTE_MS,
});

/** Where nobody has approved more than to bring the client up, the next attempt decides what follows. */
export const settledOnly = (command: string): Refusal => ({
  refuse: 'mode-changed',
  reason: `the client that was stopped for ${command} runs and follows; nothing more was to be done`,
  page: false,
  retryAfterMs: MINUTE_MS,
});
