// Performs the acts: each mutation in a durable step of its own, guarded, journalled before and after.

import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { orRefused } from '../../shared/aws/refused.ts';
import { askPerson } from '../../shared/heal/ask.ts';
import { leaveReplacement, takeTurn } from '../../shared/heal/budgets.ts';
import { changeNode, claimAttempt, takeLease } from '../../shared/heal/claim.ts';
import { stepper } from '../../shared/heal/context.ts';
import { guardAgain } from '../../shared/heal/guard.ts';
import { putInQuarantine } from '../../shared/heal/kept.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import { releaseNode, writeOutcome } from '../../shared/heal/outcome.ts';
import { sentenceOfUnmarked } from '../../shared/snapshots/marks.ts';
import { inspect, start, stop } from './commands.ts';
import { readFacts } from './facts.ts';
import type { Act, Progress, Results } from './model.ts';
import { requestOf } from './request.ts';
import { dryRun, reconcile, take } from './take.ts';
import { type ActOf, shelfOf, type Tools, whoseOf } from './tools.ts';
import { awaitCompleted, prove } from './watching.ts';

/** @param place orders this act's steps and journal entries within the attempt: "07" */
export async function perform(
  ctx: DurableContext,
  tools: Tools,
  progress: Progress,
  act: Exclude<Act, { readonly do: 'end' }>,
  place: string,
): Promise<Results[keyof Results]> {
  const step = stepper(ctx, place);
  switch (act.do) {
    case 'claim':
      return step('claim', () => claimAttempt(tools));
    case 'look':
      return step('look', () => readFacts(tools));
    case 'ask':
      return askPerson(ctx, step, tools, act, place);
    case 'lease':
      return step('lease', () => lease(tools));
    case 'conclude':
      return step('conclude', () => writeOutcome(tools, act.ending, place));
    case 'register':
      return step('register', async () => {
        await register(tools);
        return { done: true } as const;
      });
    case 'await':
      return awaitCompleted(ctx, tools, act, place);
    default:
      return performHeld(ctx, tools, progress, held(progress), act, place);
  }
}

type HeldAct = Exclude<
  Act,
  { readonly do: 'end' | 'claim' | 'look' | 'ask' | 'lease' | 'conclude' | 'register' | 'await' }
>;

async function performHeld(
  ctx: DurableContext,
  tools: Tools,
  progress: Progress,
  holder: Holder,
  act: HeldAct,
  place: string,
): Promise<Results[keyof Results]> {
  const step = stepper(ctx, place);
  switch (act.do) {
    case 'inspect':
      return inspect(ctx, tools, progress, holder, place);
    case 'leave-pool':
      return leavePool(ctx, tools, progress, holder, act, place);
    case 'stop':
      return stop(ctx, tools, progress, holder, act, place);
    case 'take':
      return take(ctx, tools, holder, act, place);
    case 'start':
      return start(ctx, tools, progress, holder, act, place);
    case 'reconcile':
      return reconcile(ctx, tools, holder, act, place);
    case 'quarantine':
      return step('quarantine', async () => {
        const { snapshotIds } = act.operation.memory;
        const unmarked = await putInQuarantine(shelfOf(tools), whoseOf(tools), snapshotIds, act.why, Date.now());
        const but = unmarked.length === 0 ? '' : `; their tags do not say so: ${sentenceOfUnmarked(unmarked)}`;
        await tools.journal(`${place}-quarantine`, {
          atMs: Date.now(),
          kind: 'decision',
          sentence: `not to be used: ${act.why}${but}`,
        });
        return { done: true } as const;
      });
    case 'prove':
      return prove(ctx, tools, act, place);
    case 'settle':
      return step('settle', async () => {
        const written = await changeNode(tools, holder, (node) => ({
          ...node,
          operation: { ...act.operation, phase: 'proved' },
        }));
        if ('written' in written)
          await tools.journal(`${place}-proof`, { atMs: Date.now(), kind: 'proof', sentence: act.reason });
        return written;
      });
    case 'release': {
      const { commandsOver, seenFence } = progress;
      const { keepOperation } = act;
      return releaseNode(
        ctx,
        step,
        tools,
        {
          holder,
          commandsOver,
          seenFence,
          before: () => leaveReplacement(tools),
          ...(keepOperation && { keepOperation }),
        },
        place,
      );
    }
  }
}

function held({ holder }: Progress): Holder {
  if (holder === null) throw new Error('an act that needs the lease was decided without it');
  return holder;
}

async function lease(tools: Tools): Promise<Results['lease']> {
  const leased = await takeLease(tools, 'snapshot');
  if ('busy' in leased) return leased;
  const node = await tools.store.readNode(tools.payload.fleet, tools.payload.instanceId);
  return { ...leased, operation: node?.operation?.kind === 'snapshot' ? node.operation : null };
}

/** A name is kept by whoever asked for it as long as it lives, and register-nodes needs a moment to change it. */
const NAMES_SECONDS = 15;

/** Nobody is led to the node any more before its client is stopped: that it is out of the pool follows from what is written of it. */
async function leavePool(
  ctx: DurableContext,
  tools: Tools,
  { facts }: Progress,
  holder: Holder,
  { operation, reason }: ActOf<'leave-pool'>,
  place: string,
): Promise<Results['leave-pool']> {
  if (facts === null) throw new Error('the pool was left before the fleet was read');
  const left = await stepper(ctx, place)('leave-pool', async () => {
    const guarded = await guardAgain(tools);
    if ('refuse' in guarded) return guarded;
    const turn = await takeTurn(tools);
    if ('refuse' in turn) return turn;
    const no = await dryRun(tools, requestOf(tools.payload, facts, operation.memory));
    if (no !== null)
      return {
        refuse: 'aws-refused',
        reason: `AWS would refuse the snapshot: ${no}`,
        page: true,
        lookAgainMs: 60 * 60_000,
      } as const;
    const written = await changeNode(tools, holder, (node) => ({ ...node, operation }));
    if ('lost' in written) return written;
    await tools.journal(`${place}-decision`, { atMs: Date.now(), kind: 'decision', sentence: reason });
    const { dns } = guarded.fleet;
    const unasked = dns && (await orRefused(() => register(tools)));
    if (unasked)
      return {
        refuse: 'aws-refused',
        reason: `the node is not taken out of the pool, and so its client is not stopped: ${unasked.refused}`,
        page: true,
        lookAgainMs: 60 * 60_000,
      } as const;
    return { waitSeconds: dns ? dns.ttlSeconds + NAMES_SECONDS : 0 };
  });
  if (!('waitSeconds' in left)) return left;
  if (left.waitSeconds > 0) await ctx.wait(`${place}-names`, { seconds: left.waitSeconds });
  return { left: true };
}

/** At once; should it be lost, the schedule of register-nodes does it within minutes. */
async function register({ clients, payload, environment }: Tools): Promise<void> {
  await clients.lambda.send(
    new InvokeCommand({
      FunctionName: environment.REGISTER_NODES_FUNCTION,
      InvocationType: 'Event',
      Payload: JSON.stringify({ kind: 'reconcile', fleet: payload.fleet }),
    }),
  );
}
