// ModifyVolume: its intent, which is written and counted first; the call, which is made at most once; its lost answer; the wait for the new size; and
// the refusal for people where AWS refuses it. Sources: "Error codes for the Amazon EC2 API"; doc comment of ModifyVolumeCommand in
// @aws-sdk/client-ec2; "Quotas for Amazon EBS" (EBS user guide).
import {
  DescribeVolumesModificationsCommand,
  type EC2Client,
  ModifyVolumeCommand,
  type VolumeModification,
} from '@aws-sdk/client-ec2';
import type { AwsRefusal } from '../../shared/aws/refusals.ts';
import { budgetReturnsMs, type GrowPlan } from '../../shared/growth/decide.ts';
import { growthKey, monthOf, refund } from '../../shared/guardrails/grow.ts';
import { judgeOwnerWords } from '../../shared/guardrails/owner.ts';
import type { BudgetRecord } from '../../shared/guardrails/records.ts';
import { PATIENT_WAITS_SECONDS, poll } from '../../shared/heal/context.ts';
import { readGuards } from '../../shared/heal/guard.ts';
import { intend, newNode, recentModifications, withdraw } from '../../shared/heal/lease.ts';
import { callOnce, callUnderGuard, type Lost, type NotSent, reconcileCall } from '../../shared/heal/mutation.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import type { GuardrailCode, Refusal } from '../../shared/model/guardrail-codes.ts';
import { plainText } from '../../shared/text/plain-text.ts';
import { sentenceOf } from './plan.ts';
import type { Act, Acts, ResizeActContext } from './state.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** `modifying` takes seconds, rarely minutes; after some three hours of polls something is wrong and a person is paged. */
const MAX_MODIFYING_POLLS = 180;

type ModificationIntent = Pick<Act<'intend'>, 'plan' | 'held' | 'atMs'>;

/** Body of one step: the modification is counted before it is made, because its answer can be lost. */
export async function writeIntent(
  context: ResizeActContext,
  { plan, held: { holder }, atMs }: ModificationIntent,
): Promise<Acts['intend']['result']> {
  const { store, journal, payload, place } = context;
  const { fleet, instanceId, incidentId } = payload;
  const guarded = await readGuards(context);
  if ('refuse' in guarded) return guarded;
  const { modificationsPerDay: limit, maximumMonthlyIncreaseUsd } = guarded.fleet.disk;
  let modification = 0;
  const intended = await settle<NodeRecord, Acts['intend']['result']>(
    store,
    keys.node(instanceId),
    () => store.readNode(instanceId),
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
        const untilMs = budgetReturnsMs(
          decided.spent.map((one) => one.atMs),
          limit,
        );
        return { result: { refuse: 'budget-spent', reason, page: true, retryAfterMs: HOUR_MS, untilMs } };
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

/** At most once: a call that began and whose end was not seen is `interrupted`, and never repeated. */
export async function modifyVolume(
  context: ResizeActContext,
  intent: ModificationIntent,
): Promise<Acts['modify']['result']> {
  const { plan, held } = intent;
  const called = await callOnce(context, 'modify', PATIENT_WAITS_SECONDS, () =>
    callUnderGuard(context, held.holder, async ({ owner, disk: { maximumSizeGiB } }) => {
      const changed = judgeOwnerWords(plan.ownerWords, owner);
      if (changed) return changed;
      if (plan.toGiB > maximumSizeGiB) {
        const reason = `${plan.toGiB} GiB were planned, and the fleet file now allows no more than ${maximumSizeGiB} GiB`;
        return { refuse: 'size-ceiling', reason, page: false, retryAfterMs: MINUTE_MS } satisfies Refusal;
      }
      await context.clients.ec2Once.send(
        new ModifyVolumeCommand({
          VolumeId: plan.volumeId,
          Size: plan.toGiB,
          ...(plan.iops !== null && { Iops: plan.iops }),
          ...(plan.throughputMiBps !== null && { Throughput: plan.throughputMiBps }),
        }),
      );
      return { accepted: true } as const;
    }),
  );
  return 'accepted' in called || 'lost' in called || 'interrupted' in called
    ? called
    : withdrawn(context, intent, refusalFor(plan, called));
}

/** The call certainly had no effect: a guard or AWS refused it, or it was never sent. So the intent is neither counted nor charged. */
async function withdrawn(
  context: ResizeActContext,
  intent: ModificationIntent,
  refusal: Refusal,
): Promise<Refusal | Lost> {
  try {
    const left = await context.step('withdraw', () => withdrawIntent(context, intent, refusal));
    return 'lost' in left ? left : refusal;
  } catch (error) {
    // It counts for a day, which is the safe side.
    const why = error instanceof Error ? error.message : String(error);
    return { ...refusal, reason: `${refusal.reason}; that it does not count was not written: ${why}` };
  }
}

function refusalFor(plan: GrowPlan, why: AwsRefusal | Refusal | NotSent): Refusal {
  if ('refused' in why) return judgeRefusal(plan, why);
  if ('refuse' in why) return why;
  return { refuse: 'aws-refused', reason: why.notSent, page: false, retryAfterMs: 5 * MINUTE_MS };
}

async function withdrawIntent(
  { store, journal, payload, place }: ResizeActContext,
  { plan: { volumeId, fromGiB }, held: { holder }, atMs }: ModificationIntent,
  { reason }: Refusal,
): Promise<{ readonly written: true } | Lost> {
  const { fleet, instanceId } = payload;
  const sentence = `not modified, and so not counted: ${reason}`;
  await journal(`${place}-result`, { atMs: Date.now(), kind: 'result', sentence, act: `ModifyVolume ${volumeId}` });
  const left = await settle<NodeRecord, { readonly written: true } | Lost>(
    store,
    keys.node(instanceId),
    () => store.readNode(instanceId),
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

/** Difference of our clock and EC2's. It is less than the time between two attempts on one node, because a command to the node comes between them. */
const CLOCKS_APART_MS = 1_000;

export async function reconcileModification(
  context: ResizeActContext,
  { plan, atMs, interrupted, isFault }: Act<'reconcile'>,
): Promise<Acts['reconcile']['result']> {
  const look = async () => {
    const latest = await latestModification(context.clients.ec2, plan.volumeId);
    return latest !== undefined && isAwaited(latest, plan.toGiB, atMs);
  };
  const happened = (await reconcileCall(context, look, (seen) => seen, isFault)) !== null;
  await context.step('reconciled', () =>
    context.journal(`${context.place}-result`, {
      atMs: Date.now(),
      kind: 'result',
      sentence: `the answer was lost, and the modification ${happened ? 'did happen' : 'did not happen'} (${interrupted})`,
      act: `ModifyVolume ${plan.volumeId}`,
    }),
  );
  return { happened };
}

/** A volume is `modifying` for up to half a minute: until then, a gap costs five seconds at most. */
export const MODIFYING_SECONDS = [1, 1, 2, 3, 5, 5, 5, 5, 10, 20, 60] as const;

/** Waits until the new size is usable, which it is from `optimizing` on. */
export async function awaitModification(
  context: ResizeActContext,
  { plan: { volumeId, toGiB }, sinceMs }: Act<'await-modification'>,
): Promise<Acts['await-modification']['result']> {
  const { clients, journal, place } = context;
  const look = async () => {
    const latest = await latestModification(clients.ec2, volumeId);
    // A stale read may still show the modification before this one, which may have failed between the same sizes.
    if (!latest || !isAwaited(latest, toGiB, sinceMs)) return null;
    const { ModificationState: now = 'modifying', StatusMessage } = latest;
    if (now === 'modifying') return null;
    const sentence =
      now === 'failed'
        ? `failed: ${plainText(StatusMessage ?? 'AWS gives no reason', 500)}`
        : `${now}: the new size is usable`;
    await journal(`${place}-result`, { atMs: Date.now(), kind: 'result', sentence, act: `ModifyVolume ${volumeId}` });
    return now;
  };
  const state = await poll(context, MAX_MODIFYING_POLLS, look, { seconds: MODIFYING_SECONDS });
  if (state === null) return { failed: `${volumeId} is still being modified after ${MAX_MODIFYING_POLLS} polls` };
  return state === 'failed' ? { failed: `the modification of ${volumeId} to ${toGiB} GiB failed` } : { usable: true };
}

/** A modification that began before the intent belongs to an earlier attempt, perhaps between the same sizes; ours may still come. */
const isAwaited = ({ TargetSize, StartTime }: VolumeModification, toGiB: number, sinceMs: number): boolean =>
  TargetSize === toGiB && (StartTime?.getTime() ?? 0) >= sinceMs - CLOCKS_APART_MS;

async function latestModification(ec2: EC2Client, volumeId: string): Promise<VolumeModification | undefined> {
  const byVolume = { Filters: [{ Name: 'volume-id', Values: [volumeId] }] };
  const { VolumesModifications = [] } = await ec2.send(new DescribeVolumesModificationsCommand(byVolume));
  return VolumesModifications.sort((a, b) => (b.StartTime?.getTime() ?? 0) - (a.StartTime?.getTime() ?? 0))[0];
}

interface RefusalCause {
  readonly code: GuardrailCode;
  /** In the imperative, as the end of a sentence. */
  readonly remedy: string;
  readonly retryAfterMs: number;
}

const QUOTAS = 'https://console.aws.amazon.com/servicequotas/home/services/ebs/quotas';

const CAUSES: Readonly<Record<string, RefusalCause>> = {
  // "You've reached the limit on your Amazon EBS volume storage."
  VolumeLimitExceeded: {
    code: 'quota-reached',
    remedy: `have the quota “Storage … volumes, in TiB” of the volume’s type raised (${QUOTAS}), or delete volumes that nobody needs`,
    retryAfterMs: HOUR_MS,
  },
  // "You've reached the limit on your Amazon EBS volume modification storage in this Region": other modifications end without a person.
  VolumeModificationSizeLimitExceeded: {
    code: 'quota-reached',
    remedy: `wait until other modifications are completed, or have the quota “Storage modifications … in TiB” of the volume’s type raised (${QUOTAS})`,
    retryAfterMs: 30 * MINUTE_MS,
  },
  MaxIOPSLimitExceeded: {
    code: 'quota-reached',
    remedy: `have the quota “IOPS for Provisioned IOPS SSD … volumes” raised (${QUOTAS})`,
    retryAfterMs: HOUR_MS,
  },
  // "You can modify a volume up to four times within a rolling 24-hour period": modifications that are not ours are a person's.
  VolumeModificationRateExceeded: {
    code: 'budget-spent',
    remedy:
      'leave the volume’s size, type and performance alone until then, or make room on the node: others have modified it as well, and four times in 24 h is all that EBS takes',
    retryAfterMs: HOUR_MS,
  },
  IncorrectModificationState: {
    code: 'modification-in-progress',
    remedy: 'wait until it is completed: somebody has modified the volume in this very moment',
    retryAfterMs: 30 * MINUTE_MS,
  },
  UnauthorizedOperation: {
    code: 'aws-refused',
    remedy:
      'give the volume the tags of its fleet, by which the role of resize-volume knows it, or look for a policy of the organization',
    retryAfterMs: HOUR_MS,
  },
};

const OTHER: RefusalCause = { code: 'aws-refused', remedy: 'look at the volume in EC2', retryAfterMs: HOUR_MS };

/** People are told of a full disk that stays full, in AWS's own words: once for each code of an incident. */
export function judgeRefusal(plan: GrowPlan, { refused, code: name }: AwsRefusal): Refusal {
  const { code, remedy, retryAfterMs } = CAUSES[name] ?? OTHER;
  const { volumeId, fromGiB, toGiB, usedGiB } = plan;
  const again = `it is tried again in ${retryAfterMs / MINUTE_MS} min`;
  return {
    refuse: code,
    reason: `${volumeId} stays at ${fromGiB} GiB, ${usedGiB} of them used: AWS refuses ${toGiB} GiB (${refused}). What to do: ${remedy}; ${again}`,
    page: true,
    retryAfterMs,
  };
}
