// Modes plan and ask: what would be done is written, or put to a person, and what a person said yes to is done to the letter.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { askedAgain, type RotationRecord } from '../../shared/guardrails/rotation.ts';
import { ROUTINE_MS } from './due.ts';
import { hashOf, hashOfNode, type NodePlan, sentenceOf, wordsOf } from './plan.ts';
import { answerableMs, record, type Work } from './tools.ts';

const MAX_SENTENCES = 10;

/** @returns the question, in mode ask: it is paged once */
export async function askOrPlan(
  work: Work,
  plans: readonly NodePlan[],
  names: ReadonlyMap<string, string>,
): Promise<readonly SubjectRefusal[]> {
  const { fleet } = work;
  if (plans.length === 0) return [];
  const nowMs = Date.now();
  const hash = hashOf(plans);
  await writePlans(work, plans, names, nowMs);
  if (fleet.mode === 'plan') return [];
  const nodes = Object.fromEntries(plans.map((plan) => [plan.instanceId, hashOfNode(plan)]));
  await record(work, (read) => askedAgain(read, { hash, atMs: nowMs, nodes }, answerableMs(fleet)));
  const said = plans.slice(0, MAX_SENTENCES).map((plan) => `${plan.node}: ${sentenceOf(plan, names)}`);
  const more = plans.length > MAX_SENTENCES ? [`and ${plans.length - MAX_SENTENCES} more nodes`] : [];
  const restarts = restartsOf(fleet, plans);
  const reason =
    `${fleet.name}: plan ${hash} changes the peers of ${plans.length} nodes${restarts}: ${[...said, ...more].join('; ')}. ` +
    'Exactly this is done when a person approves it, and nothing otherwise';
  return [{ refuse: 'approval-wanted', subject: hash, reason, page: true }];
}

const restartsOf = ({ peers }: Fleet, plans: readonly NodePlan[]): string =>
  peers?.restart && plans.some(({ belowFloor }) => belowFloor)
    ? ', and restarts those that take them no other way'
    : '';

/** Each node's plan once, and again when it has changed; one that stays the same, four times a day. */
async function writePlans(
  work: Work,
  plans: readonly NodePlan[],
  names: ReadonlyMap<string, string>,
  nowMs: number,
): Promise<void> {
  const { plans: told = {} } = (await work.store.readRotation(work.fleet.name)) ?? {};
  const fresh = plans.filter((plan) => {
    const before = told[plan.instanceId];
    return before?.hash !== hashOfNode(plan) || nowMs - before.atMs >= ROUTINE_MS;
  });
  if (fresh.length === 0) return;
  await record(work, (read) => ({
    plans: {
      ...read.plans,
      ...Object.fromEntries(fresh.map((plan) => [plan.instanceId, { hash: hashOfNode(plan), atMs: nowMs }])),
    },
  }));
  for (const plan of fresh) {
    const { before, after } = plan.change;
    await work.write(
      {
        kind: 'plan',
        act: `plan ${hashOfNode(plan)}`,
        sentence: sentenceOf(plan, names),
        evidence: { before, after },
        fields: { ...wordsOf(plan, names), plan: hashOfNode(plan) },
      },
      { name: plan.node, instanceId: plan.instanceId },
    );
  }
}

/** Of what would be done now, what a person said yes to; why nothing of it. */
export function judgeApproval(
  fleet: Fleet,
  { asked }: RotationRecord,
  hash: string,
  plans: readonly NodePlan[],
  nowMs: number,
): readonly NodePlan[] | SubjectRefusal {
  const { name, mode, ask } = fleet;
  const no = (refuse: 'mode-changed' | 'approval-exceeded' | 'approval-expired', reason: string): SubjectRefusal => ({
    refuse,
    subject: `${name} ${hash}`,
    reason,
    page: false,
  });
  if (mode === 'plan') return no('mode-changed', `${name} is in mode plan: plan ${hash} is not carried out`);
  const question = asked.find((one) => one.hash === hash);
  if (!question)
    return no(
      'approval-exceeded',
      `plan ${hash} is not one that was asked for; the last was ${asked[0]?.hash ?? 'none'}`,
    );
  if (nowMs - question.atMs > answerableMs(fleet))
    return no('approval-expired', `plan ${hash} was asked for more than ${ask.expiresAfterHours} h ago`);
  const still = plans.filter((plan) => question.nodes[plan.instanceId] === hashOfNode(plan));
  if (still.length > 0) return still;
  return no('approval-exceeded', `plan ${hash} is not carried out: nothing of it is what would be done now`);
}
