// One fleet's boosts: which of its volumes still have the figures of their first sync, and their end once their nodes have caught up. The plan is written
// down, asked about or carried out, as the fleet's mode says. ModifyVolume has no token: it is counted before it is called, called once, and the volume's
// own figures tell what came of it.
import { ModifyVolumeCommand } from '@aws-sdk/client-ec2';
import { type AwsRefusal, catchRefusal, isThrottling } from '../../shared/aws/refusals.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { changeRecord, readRecord, settleRecord } from '../../shared/reconcile/context.ts';
import { reconcileWhole, type WholePlan } from '../../shared/reconcile/plan.ts';
import { takeSteps } from '../../shared/reconcile/steps.ts';
import type { BoostRecord } from '../../shared/snapshots/boost.ts';
import { type BoostPlan, type BoostStep, decideBoosts, isStillPlanned } from './boost-decide.ts';
import { readBoostFacts } from './boost-facts.ts';
import { type BoostContext, readBoostGuards } from './context.ts';
import { refusalText, type SeedRequest, type SeedSummary, summaryOf } from './seed.ts';

const HOUR_MS = 60 * 60_000;
/** Of two runs at the same moment only one calls. */
const CLAIM_MS = 10 * 60_000;

export async function endBoosts(context: BoostContext, { onlyPlan, approval }: SeedRequest): Promise<SeedSummary> {
  const { fleet } = context;
  const read = async () => readBoostFacts(context, fleet, await readRecord(context), Date.now());
  if (onlyPlan) return summaryOf(fleet.name, decideBoosts(await read()));
  const failures: unknown[] = [];
  const { plan, done, refusals } = await reconcileWhole(
    context,
    {
      facts: async () => {
        const facts = await read();
        await remember(context, decideBoosts(facts));
        return facts;
      },
      decide: decideBoosts,
      whole: wholePlan,
      apply: (planned, approved) =>
        takeSteps(context, {
          ...{ steps: planned.steps, sentence: sentencesOf(planned), approval: approved, failures },
          take: async (step) => {
            const refusal = await endOne(context, step, approved !== undefined);
            return refusal && { refusal, stop: refusal.refuse !== 'boost-stays' };
          },
        }),
    },
    approval,
    failures,
  );
  return done
    ? { fleet: fleet.name, done: done.done, left: done.left, refusals: refusals.map(refusalText) }
    : summaryOf(fleet.name, plan, refusals);
}

/** The next run, an hour later, asks again only if the question has expired. */
const wholePlan = (plan: BoostPlan): WholePlan => ({
  hash: plan.hash,
  isEmpty: plan.steps.length === 0,
  would: sentencesOf(plan),
  because: 'their nodes have caught up',
  changes: { volumes: plan.steps.map(({ sentence }) => sentence) },
  questionLastsMs: 3 * HOUR_MS,
});

const sentencesOf = ({ steps }: BoostPlan): string =>
  `take back ${steps.map(({ sentence }) => sentence).join('; and ')}`;

/** What was seen is remembered for people, and what has come to its end is journalled once. */
async function remember(context: BoostContext, { volumes, proved }: BoostPlan): Promise<void> {
  const before = await readRecord(context);
  if (JSON.stringify(before.volumes) === JSON.stringify(volumes)) return;
  const isWritten = await settleRecord(context, (record) =>
    JSON.stringify(record.volumes) === JSON.stringify(before.volumes)
      ? { change: { volumes }, result: true }
      : { change: undefined, result: false },
  );
  if (!isWritten) return;
  for (const { sentence, node, instanceId, volumeId } of proved)
    await context.write(
      { kind: 'proof', act: `ModifyVolume ${volumeId}`, sentence: `taken back: ${sentence}` },
      { name: node, instanceId },
    );
}

/** The truth and the guard are read again right before the call. @returns why it was not made; the next run looks again */
async function endOne(context: BoostContext, step: BoostStep, approved: boolean): Promise<SubjectRefusal | undefined> {
  const { volumeId, node, instanceId, iops, throughputMiBps, sentence } = step;
  const subject = { name: node, instanceId };
  const act = `ModifyVolume ${volumeId}`;
  const stays = (why: string): SubjectRefusal => ({
    ...{ refuse: 'boost-stays', subject: node, node: subject, page: true, pageAfterMs: HOUR_MS, lastsMs: 3 * HOUR_MS },
    reason: `${volumeId} of ${node} keeps the figures of its first sync: ${why}`,
  });
  const again = decideBoosts(await readBoostFacts(context, context.fleet, await readRecord(context), Date.now()));
  if (!isStillPlanned(step, again)) return stays('it is not as it was a moment ago, and the next run looks again');
  const atMs = Date.now();
  if (!(await claim(context, volumeId, atMs))) return stays('another run is at it');
  const result = (said: string): Promise<void> => context.write({ kind: 'result', act, sentence: said }, subject);
  const withdrawn = async (said: string): Promise<void> => {
    await result(said);
    await changeRecord(context, (record) => changed(record, volumeId, atMs, 'withdraw'));
  };
  await context.write({ kind: 'intent', act, sentence }, subject);
  const guarded = await readBoostGuards(context, approved);
  if (guarded) {
    await withdrawn(`not done: ${guarded.reason}`);
    return guarded;
  }
  let answer: { readonly asked: true } | AwsRefusal;
  try {
    answer = await catchRefusal(async () => {
      await context.clients.ec2Once.send(
        new ModifyVolumeCommand({ VolumeId: volumeId, Iops: iops, Throughput: throughputMiBps }),
      );
      return { asked: true as const };
    });
  } catch (error) {
    if (isThrottling(error)) {
      await withdrawn('not done: EC2 is throttling');
      return stays('EC2 is throttling');
    }
    // It counts: whether it has an effect is seen by the volume.
    await result(`not known to be done: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    throw error;
  }
  if ('asked' in answer) {
    await result('EBS has begun it; the volume serves on');
    return undefined;
  }
  await withdrawn(`refused: ${answer.code}: ${answer.refused}`);
  return stays(`AWS refused it: ${answer.refused}`);
}

/** Counted before the call. @returns false where another run was first */
const claim = (context: BoostContext, volumeId: string, atMs: number): Promise<boolean> =>
  settleRecord(context, (record) => {
    const known = record.volumes.find((one) => one.volumeId === volumeId);
    const isFree = known?.modifiedAtMs.every((before) => atMs - before >= CLAIM_MS) === true;
    return isFree
      ? { change: changed(record, volumeId, atMs, 'ask'), result: true }
      : { change: undefined, result: false };
  });

/** Pure. */
export const changed = (
  { volumes }: Pick<BoostRecord, 'volumes'>,
  volumeId: string,
  atMs: number,
  how: 'ask' | 'withdraw',
): Pick<BoostRecord, 'volumes'> => ({
  volumes: volumes.map((one) => {
    if (one.volumeId !== volumeId) return one;
    const others = one.modifiedAtMs.filter((before) => before !== atMs);
    return how === 'ask'
      ? { ...one, state: 'asked', sinceMs: atMs, modifiedAtMs: [...others, atMs] }
      : { ...one, state: 'boosted', modifiedAtMs: others };
  }),
});
