// ModifyVolume has no token: its intent is written and counted first, it is called at most once, and an unknown answer is reconciled.
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import {
  DescribeVolumesModificationsCommand,
  type EC2Client,
  ModifyVolumeCommand,
  type VolumeModification,
} from '@aws-sdk/client-ec2';
import { type Refused, refusalOf } from '../../shared/aws/refused.ts';
import { isThrottling } from '../../shared/aws/throttling.ts';
import { growthKey, monthOf, refund } from '../../shared/guardrails/grow.ts';
import type { BudgetRecord } from '../../shared/guardrails/records.ts';
import type { Step } from '../../shared/heal/context.ts';
import { once, pollSeconds, stepper } from '../../shared/heal/context.ts';
import { guardAgain } from '../../shared/heal/guard.ts';
import { holds, intend, newNode, recentModifications, withdraw } from '../../shared/heal/lease.ts';
import type { Guarded } from '../../shared/heal/outcome.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import { CONSISTENCY_WINDOW_MS, REQUEST_LIFETIME_MS } from '../../shared/model/execution.ts';
import { plainText } from '../../shared/text/plain-text.ts';
import type { GrowPlan } from './decide.ts';
import { sentenceOf } from './proof.ts';
import { judgeRefusal } from './refusal.ts';
import type { Results } from './stages.ts';
import type { EffectOf, Tools } from './tools.ts';

const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;
/** Durable waits between calls of which none took effect: two minutes of them, since hundreds of volumes may fill together. */
const NOT_SENT_WAITS_SECONDS = [2, 4, 8, 15, 30, 30, 30] as const;
/** `modifying` takes seconds, rarely minutes; after some three hours of polls something is wrong and a person is told. */
const MAX_MODIFYING_POLLS = 180;

export async function writeIntent(
  tools: Tools,
  { plan, holder, atMs }: EffectOf<'intend'>,
  place: string,
): Promise<Results['intend']> {
  const { store, journal, payload } = tools;
  const { fleet, instanceId, incidentId } = payload;
  const guarded = await guardAgain(tools);
  if ('refuse' in guarded) return guarded;
  const { modificationsPerDay: limit, maximumMonthlyIncreaseUsd } = guarded.fleet.disk;
  let modification = 0;
  const intended = await settle<NodeRecord, Results['intend']>(
    store,
    keys.node(fleet, instanceId),
    () => store.readNode(fleet, instanceId),
    (read) => {
      const { volumeId, fromGiB, toGiB } = plan;
      const operation = {
        kind: 'grow',
        phase: 'preparing',
        incidentId,
        volumeId,
        found: { sizeGiB: fromGiB },
        toGiB,
        intentAtMs: atMs,
      } as const;
      const decided = intend(read ?? newNode(fleet, instanceId), holder, operation, limit);
      if ('lost' in decided) return { result: { lost: true } };
      if ('spent' in decided) {
        const reason = `${volumeId} was modified ${decided.spent.length} times in 24 h, limit ${limit}`;
        return { result: { refuse: 'budget-spent', reason, page: true, lookAgainMs: HOUR_MS } };
      }
      const after = 'next' in decided ? decided.next : read;
      modification = after ? recentModifications(after, volumeId, atMs).length : 0;
      return { result: { written: true }, write: 'next' in decided ? decided.next : undefined };
    },
  );
  if ('written' in intended)
    await journal(`${place}-intent`, {
      atMs,
      kind: 'intent',
      sentence: sentenceOf(plan),
      act: `ModifyVolume ${plan.volumeId}`,
      evidence: {
        ...plan,
        guards: {
          pause: 'off',
          fleetFile: guarded.fleetHash,
          fence: holder.fence,
          modification,
          modificationsPerDay: limit,
          monthlyLimitUsd: maximumMonthlyIncreaseUsd,
        },
      },
    });
  return intended;
}

/** What one step may find besides: that the call certainly had no effect and may be made again, or that AWS does not take it. */
type Called =
  | Exclude<Results['modify'], { readonly interrupted: string }>
  | { readonly notSent: string }
  | { readonly definite: Refused };

/** At most once: a step that began and whose end nobody saw is `interrupted`, and never repeated. */
export async function modifyVolume(
  ctx: DurableContext,
  tools: Tools,
  { plan, holder, atMs }: EffectOf<'modify'>,
  place: string,
): Promise<Results['modify']> {
  for (let tried = 0; ; tried++) {
    const called = await once(ctx, `${place}-modify-${tried}`, () => guardAndModify(tools, plan, holder));
    if ('interrupted' in called) return called;
    const { value } = called;
    if ('accepted' in value || 'lost' in value) return value;
    const seconds = 'notSent' in value ? NOT_SENT_WAITS_SECONDS[tried] : undefined;
    if (seconds === undefined) return withdrawn(ctx, tools, { plan, holder, atMs }, value, place);
    await ctx.wait(`${place}-again-${tried}`, { seconds });
  }
}

type Without = Exclude<Called, { readonly accepted: true } | { readonly lost: true }>;
type Intent = Pick<EffectOf<'modify'>, 'plan' | 'holder' | 'atMs'>;

/** Certainly without effect: a guard or AWS said no, or the call was never taken. What was intended is neither counted nor paid then. */
async function withdrawn(
  ctx: DurableContext,
  tools: Tools,
  intent: Intent,
  why: Without,
  place: string,
): Promise<Results['modify']> {
  const refusal = refusalFor(intent.plan, why);
  const step = stepper(ctx, place);
  try {
    const left = await step('withdraw', () => withdrawIntent(tools, intent, refusal, place));
    return 'lost' in left ? left : refusal;
  } catch (error) {
    // It counts on for a day, which is the safe side.
    return {
      ...refusal,
      reason: `${refusal.reason}; that it does not count was not written: ${sentenceOfError(error)}`,
    };
  }
}

function refusalFor(plan: GrowPlan, why: Without): Guarded {
  if ('definite' in why) return judgeRefusal(plan, why.definite);
  if ('refuse' in why) return why;
  return { refuse: 'aws-refused', reason: why.notSent, page: false, lookAgainMs: 5 * MINUTE_MS };
}

async function withdrawIntent(
  { store, journal, payload }: Tools,
  { plan: { volumeId, fromGiB }, holder, atMs }: Intent,
  { reason }: Guarded,
  place: string,
): Promise<{ readonly written: true } | { readonly lost: true }> {
  const { fleet, instanceId } = payload;
  const sentence = `not modified, and so not counted: ${reason}`;
  await journal(`${place}-result`, { atMs: Date.now(), kind: 'result', sentence, act: `ModifyVolume ${volumeId}` });
  const left = await settle<NodeRecord, { readonly written: true } | { readonly lost: true }>(
    store,
    keys.node(fleet, instanceId),
    () => store.readNode(fleet, instanceId),
    (read) => {
      const decided = withdraw(read ?? newNode(fleet, instanceId), holder, { volumeId, atMs });
      return 'next' in decided ? { result: { written: true }, write: decided.next } : { result: decided };
    },
  );
  if ('lost' in left) return left;
  const month = monthOf(atMs);
  return settle<BudgetRecord, { readonly written: true }>(
    store,
    keys.budget(fleet, month),
    () => store.readBudget(fleet, month),
    (read) => {
      const refunded = refund(read, growthKey(volumeId, fromGiB));
      return { result: { written: true }, write: 'next' in refunded ? refunded.next : undefined };
    },
  );
}

async function guardAndModify(tools: Tools, plan: GrowPlan, holder: EffectOf<'modify'>['holder']): Promise<Called> {
  const { clients, store, payload } = tools;
  let read: [NodeRecord | undefined, Awaited<ReturnType<typeof guardAgain>>];
  try {
    read = await Promise.all([store.readNode(payload.fleet, payload.instanceId), guardAgain(tools)]);
  } catch (error) {
    return { notSent: `what guards the modification cannot be read: ${sentenceOfError(error)}` };
  }
  const [node, guarded] = read;
  if (!holds(node, holder)) return { lost: true };
  if ('refuse' in guarded) return guarded;
  const { maximumSizeGiB } = guarded.fleet.disk;
  if (plan.toGiB > maximumSizeGiB) {
    const reason = `${plan.toGiB} GiB were planned, and the fleet file now allows no more than ${maximumSizeGiB} GiB`;
    return { refuse: 'size-ceiling', reason, page: false, lookAgainMs: MINUTE_MS };
  }
  try {
    await clients.ec2Once.send(
      new ModifyVolumeCommand({
        VolumeId: plan.volumeId,
        Size: plan.toGiB,
        ...(plan.iops !== null && { Iops: plan.iops }),
        ...(plan.throughputMiBps !== null && { Throughput: plan.throughputMiBps }),
      }),
    );
    return { accepted: true };
  } catch (error) {
    if (isThrottling(error)) return { notSent: sentenceOfError(error) };
    // A server's fault (5xx) says nothing about the effect.
    return { definite: refusalOf(error) };
  }
}

const sentenceOfError = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Our clock and EC2's; less than lies between two attempts on one node, which have a command to the node between them. */
const CLOCKS_APART_MS = 1_000;

/**
 * Did it happen? That it did is believed at once, since Describe never shows what was not asked for. That it did not is
 * believed only when the request can no longer take effect, the consistency window is over, and two reads say the same.
 */
export async function reconcile(
  ctx: DurableContext,
  step: Step,
  tools: Tools,
  { plan, atMs, interrupted }: EffectOf<'reconcile'>,
  place: string,
): Promise<Results['reconcile']> {
  const look = (name: string) =>
    step(name, async () => {
      const latest = await latestModification(tools.clients.ec2, plan.volumeId);
      return latest !== undefined && isAwaited(latest, plan.toGiB, atMs);
    });
  const note = (happened: boolean) =>
    step('reconciled', () =>
      tools.journal(`${place}-result`, {
        atMs: Date.now(),
        kind: 'result',
        sentence: `the answer was lost, and the modification ${happened ? 'did happen' : 'did not happen'} (${interrupted})`,
        act: `ModifyVolume ${plan.volumeId}`,
      }),
    );
  for (const [i, seconds] of [5, REQUEST_LIFETIME_MS / 1000, CONSISTENCY_WINDOW_MS / 1000, 30].entries()) {
    await ctx.wait(`${place}-conclusive-${i}`, { seconds });
    if (await look(`look-${i}`)) {
      await note(true);
      return { happened: true };
    }
  }
  await note(false);
  return { happened: false };
}

/** Until the new size is usable, which it is from `optimizing` on. */
export async function awaitModification(
  ctx: DurableContext,
  step: Step,
  { clients, journal }: Tools,
  { volumeId, toGiB, sinceMs }: EffectOf<'await-modification'>,
  place: string,
): Promise<Results['await-modification']> {
  const note = (sentence: string) =>
    journal(`${place}-result`, { atMs: Date.now(), kind: 'result', sentence, act: `ModifyVolume ${volumeId}` });
  for (let poll = 0; poll < MAX_MODIFYING_POLLS; poll++) {
    await ctx.wait(`${place}-wait-${poll}`, { seconds: pollSeconds(poll) });
    const state = await step(`poll-${poll}`, async () => {
      const latest = await latestModification(clients.ec2, volumeId);
      // A stale read may still show the modification before this one, which may have failed between the same sizes.
      if (!latest || !isAwaited(latest, toGiB, sinceMs) || latest.ModificationState === 'modifying') return 'pending';
      await note(
        latest.ModificationState === 'failed'
          ? `failed: ${plainText(latest.StatusMessage ?? 'AWS gives no reason', 500)}`
          : `${latest.ModificationState}: the new size is usable`,
      );
      return latest.ModificationState ?? 'pending';
    });
    if (state === 'failed') return { failed: `the modification of ${volumeId} to ${toGiB} GiB failed` };
    if (state === 'optimizing' || state === 'completed') return { usable: true };
  }
  return { failed: `${volumeId} is still being modified after ${MAX_MODIFYING_POLLS} polls` };
}

/** One that began before the intent is an earlier attempt's, perhaps between the same sizes; ours may still come. */
const isAwaited = ({ TargetSize, StartTime }: VolumeModification, toGiB: number, sinceMs: number): boolean =>
  TargetSize === toGiB && (StartTime?.getTime() ?? 0) >= sinceMs - CLOCKS_APART_MS;

async function latestModification(ec2: EC2Client, volumeId: string): Promise<VolumeModification | undefined> {
  const byVolume = { Filters: [{ Name: 'volume-id', Values: [volumeId] }] };
  const { VolumesModifications = [] } = await ec2.send(new DescribeVolumesModificationsCommand(byVolume));
  return VolumesModifications.sort((a, b) => (b.StartTime?.getTime() ?? 0) - (a.StartTime?.getTime() ?? 0))[0];
}
