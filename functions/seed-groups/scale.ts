// One fleet's group on its way to another number of nodes: what a person is shown, what is remembered, and one step a run. Each step is written down
// before it is taken, and the guard is the last read before its call.
import { SetDesiredCapacityCommand, TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { catchRefusal } from '../../shared/aws/refusals.ts';
import { tagResources, untagResources } from '../../shared/aws/tagging.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { claimOf } from '../../shared/heal/approval.ts';
import { RETIRED_TAG } from '../../shared/model/tags.ts';
import { readRecord, settleRecord } from '../../shared/reconcile/context.ts';
import { finish, notify, subjectRefusal } from '../../shared/reconcile/notification.ts';
import { notApproved } from '../../shared/reconcile/plan.ts';
import type { ScaleWish } from '../../shared/snapshots/scale.ts';
import { readScaleGuards, type ScaleContext } from './context.ts';
import type { SeedEvent } from './event.ts';
import { nextStep, planScale, type ScaleStep, sizeOfGroup, strayRefusals } from './scale-decide.ts';
import { readPauseOf, readScaleFacts, readStrays } from './scale-facts.ts';
import type { SeedSummary } from './seed.ts';

type Asked = Extract<SeedEvent, { readonly kind: 'scale' }>;
/** A step that is taken: the others only say something. */
type Taken = Exclude<ScaleStep, { readonly do: 'wait' | 'conclude' | 'note-gone' }>;

const USUAL_MS = 20 * 60_000;
/** As many as a group may have. */
const MAX_LEFT = 50;

const textOf = ({ refuse, reason }: SubjectRefusal): string => `${refuse}: ${reason}`;

/** A person asks for a number of nodes: it is shown, or, with the plan that was shown, begun. */
export async function askScale(context: ScaleContext, { nodes: to, plan, by }: Asked): Promise<SeedSummary> {
  const { fleet } = context;
  const nowMs = Date.now();
  const facts = await readScaleFacts(context, fleet, to, nowMs);
  const planned = planScale(facts, to);
  const { wish } = await readRecord(context);
  const shown: SeedSummary = {
    ...{ fleet: fleet.name, done: [], left: planned.steps, plan: planned.hash },
    refusals: planned.refusal ? [textOf(planned.refusal)] : [],
    ...(wish?.state === 'under-way' && {
      underWay: `${wish.from} → ${wish.to} nodes since ${new Date(wish.askedAtMs).toISOString()}; the group wants ${facts.group?.desired ?? 'nothing'}`,
    }),
  };
  if (plan === undefined) return shown;
  const refusal = planned.refusal ?? judgeYes(context, plan, planned.hash);
  if (refusal) {
    await notify(context, [refusal]);
    return { ...shown, refusals: [textOf(refusal)] };
  }
  const from = facts.group === null ? to : sizeOfGroup(facts.group);
  const next: ScaleWish = {
    ...{ to, from, askedAtMs: nowMs, by, mayLeave: planned.leaving },
    // Whoever is on the way out was written down, and goes or comes back.
    leaving: wish?.leaving ?? null,
    ...(wish?.left && { left: wish.left }),
    ...{ steps: (wish?.steps ?? 0) + 1, steppedAtMs: nowMs, state: 'under-way', reason: null },
  };
  const written = await settleRecord(context, (record) =>
    isSame(record.wish, wish) ? { change: { wish: next }, result: true } : { change: undefined, result: false },
  );
  if (!written)
    return {
      ...shown,
      refusals: [textOf(notApproved(fleet.name, plan, 'approval-exceeded', 'it was asked for twice at this moment'))],
    };
  await context.write({
    kind: 'decision',
    sentence: `${from} → ${to} nodes${claimOf(by)}${planned.steps.length > 0 ? `: ${planned.steps.join('; ')}` : ''}`,
    evidence: { plan, to, leaving: planned.leaving },
    fields: { plan, approved: true },
  });
  return advanceScale(context);
}

/** The yes of a person is to what was shown, and to nothing else. */
function judgeYes({ fleet }: ScaleContext, approved: string, hash: string): SubjectRefusal | null {
  if (fleet.mode === 'plan') return notApproved(fleet.name, approved, 'mode-changed', `${fleet.name} is in mode plan`);
  return hash === approved
    ? null
    : notApproved(fleet.name, approved, 'approval-exceeded', 'the group is not as it was when it was shown');
}

const isSame = (one: ScaleWish | null, other: ScaleWish | null): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** The next step of what was asked for, if there is one. */
export async function advanceScale(context: ScaleContext): Promise<SeedSummary> {
  const { fleet } = context;
  const { wish } = await readRecord(context);
  const told = async (done: readonly string[], refusals: readonly SubjectRefusal[], failure?: unknown) => {
    await finish(context, refusals, failure === undefined ? [] : [failure]);
    return { fleet: fleet.name, done, left: [], refusals: refusals.map(textOf) };
  };
  // What people were told of one that has ended is over.
  if (wish === null || (wish.state !== 'under-way' && wish.leaving === null))
    return told([], strayRefusals(fleet, await readStrays(context)));
  const step = nextStep(await readScaleFacts(context, fleet, wish.to, Date.now()), wish);
  if (step.do === 'wait') {
    // A launch and its first blocks take minutes: what is only that is no news.
    const isUsual = Date.now() - wish.steppedAtMs < USUAL_MS;
    return isUsual ? { ...(await told([], [])), left: [step.refusal.reason] } : told([], [step.refusal]);
  }
  const { sentence } = step;
  if (!(await claimStep(context, wish, step))) return told([], []);
  switch (step.do) {
    case 'conclude':
      await context.write({ kind: step.as === 'done' ? 'proof' : 'decision', sentence });
      return step.as === 'done'
        ? told([sentence], [])
        : told([], [{ refuse: 'scale-ended', subject: fleet.name, reason: sentence, page: true }]);
    case 'note-gone':
      await context.write({ kind: 'proof', sentence });
      return told([sentence], []);
    default:
      return take(context, wish, step).then(
        (refusal) => (refusal ? told([], [refusal]) : told([sentence], [])),
        (error: unknown) => told([], [], error),
      );
  }
}

/** @returns false where another run was first, or a person has asked for something else meanwhile */
const claimStep = (
  context: ScaleContext,
  wish: ScaleWish,
  step: Exclude<ScaleStep, { do: 'wait' }>,
): Promise<boolean> =>
  settleRecord(context, (record) =>
    isSame(record.wish, wish)
      ? { change: { wish: wishAfter(wish, step, Date.now()) }, result: true }
      : { change: undefined, result: false },
  );

/** Pure. What is remembered before a step is taken. */
export function wishAfter(wish: ScaleWish, step: Exclude<ScaleStep, { do: 'wait' }>, nowMs: number): ScaleWish {
  const next = { ...wish, steps: wish.steps + 1, steppedAtMs: nowMs };
  switch (step.do) {
    case 'conclude':
      return { ...next, state: step.as, reason: step.sentence };
    case 'set-aside': {
      const { instanceId, name } = step.member;
      const left = [instanceId, ...(wish.left ?? []).filter((one) => one !== instanceId)].slice(0, MAX_LEFT);
      return { ...next, leaving: { instanceId, name, sinceMs: nowMs, sentAtMs: null }, left };
    }
    case 'end-member':
      return { ...next, leaving: next.leaving && { ...next.leaving, sentAtMs: nowMs } };
    case 'note-gone':
      return { ...next, leaving: null };
    // Its tag goes first: until then it is on its way out.
    case 'take-back':
    case 'raise':
      return next;
  }
}

/** @returns why it was not done; the next run looks again */
async function take(context: ScaleContext, wish: ScaleWish, step: Taken): Promise<SubjectRefusal | undefined> {
  const { fleet } = context;
  const [operation, subject] = callOf(step, wish, fleet.scales?.group ?? '');
  const act = `${operation} ${subject}`;
  const result = (said: string): Promise<void> => context.write({ kind: 'result', act, sentence: said });
  await context.write({ kind: 'intent', act, sentence: step.sentence });
  const guarded = (await readScaleGuards(context)) ?? (await judgeMember(context, step, subject));
  if (guarded) {
    await result(`not done: ${guarded.reason}`);
    return guarded;
  }
  let answer: Awaited<ReturnType<typeof send>>;
  try {
    answer = await send(context, step, subject);
  } catch (error) {
    await result(`not known to be done: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    throw error;
  }
  if ('refused' in answer) {
    await result(`refused: ${answer.code}: ${answer.refused}`);
    return {
      ...{ refuse: 'scale-waits', subject: fleet.name, page: true, pageAfterMs: 15 * 60_000 },
      reason: `AWS refused it: ${answer.refused}`,
    };
  }
  await result('done');
  if (step.do === 'take-back')
    await settleRecord(context, ({ wish: now }) => ({
      change: now?.leaving?.instanceId === subject ? { wish: { ...now, leaving: null } } : undefined,
      result: undefined,
    }));
  return undefined;
}

/** A pause of the member itself, read right before it is set aside or ended; to take one back only puts back. */
export async function judgeMember(
  { fleet, clients: { ec2 } }: Pick<ScaleContext, 'clients' | 'fleet'>,
  step: Pick<Taken, 'do'>,
  instanceId: string,
): Promise<SubjectRefusal | undefined> {
  if (step.do !== 'set-aside' && step.do !== 'end-member') return undefined;
  const paused = await readPauseOf(ec2, instanceId);
  return paused ? subjectRefusal(paused, fleet.name) : undefined;
}

function callOf(step: Taken, { leaving }: ScaleWish, group: string): readonly [operation: string, subject: string] {
  switch (step.do) {
    case 'raise':
      return ['SetDesiredCapacity', group];
    case 'set-aside':
      return ['CreateTags', step.member.instanceId];
    case 'take-back':
      return ['DeleteTags', step.member.instanceId];
    case 'end-member':
      return ['TerminateInstanceInAutoScalingGroup', leaving?.instanceId ?? ''];
  }
}

const send = ({ clients: { ec2, autoscaling } }: ScaleContext, step: Taken, subject: string) =>
  catchRefusal(async (): Promise<object> => {
    switch (step.do) {
      case 'raise':
        // The number itself, and not one more: however often it is sent, it says the same.
        return autoscaling.send(
          new SetDesiredCapacityCommand({
            ...{ AutoScalingGroupName: subject, DesiredCapacity: step.to, HonorCooldown: false },
          }),
        );
      case 'set-aside':
        await tagResources(ec2, [subject], { [RETIRED_TAG]: new Date().toISOString() });
        return {};
      case 'take-back':
        await untagResources(ec2, [subject], [RETIRED_TAG]);
        return {};
      case 'end-member':
        return autoscaling.send(
          new TerminateInstanceInAutoScalingGroupCommand({
            ...{ InstanceId: subject, ShouldDecrementDesiredCapacity: true },
          }),
        );
    }
  });
